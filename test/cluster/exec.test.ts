import { afterAll, beforeAll } from "vitest";
import { describeExec } from "../exec/scenario.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasCluster();

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  beforeAll(async () => {
    on = await startOnCluster();
  }, 60_000);
  afterAll(() => on.stop(), 60_000);
  describeExec(() => on.berth);
});
