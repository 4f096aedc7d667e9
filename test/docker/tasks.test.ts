import { afterAll, beforeAll } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { describeWith } from "../support/requires.ts";
import { containersOf } from "../support/containers.ts";
import { describeAttachedRuns } from "../support/attached-run-scenarios.ts";
import { describeTasks } from "../support/task-scenarios.ts";

const { isThere, reason } = await hasDocker();

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  describeTasks(() => berth, "dock", true);
  describeAttachedRuns(
    () => berth,
    "dock",
    async (app) => (await containersOf(app)).length,
  );
});
