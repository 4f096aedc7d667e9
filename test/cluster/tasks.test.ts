import { afterAll, beforeAll } from "vitest";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";
import { describeTasks } from "../support/task-scenarios.ts";

const { isThere, reason } = await hasCluster();

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  beforeAll(async () => {
    on = await startOnCluster();
  }, 60_000);
  afterAll(() => on.stop(), 60_000);

  describeTasks(() => on.berth, "job", false);
});
