import { afterAll, beforeAll, describe } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { instancesOf } from "../support/processes.ts";
import { describeAttachedRuns } from "../support/attached-run-scenarios.ts";
import { describeTasks } from "../support/task-scenarios.ts";

describe("on this machine", () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  describeTasks(() => berth, "proc", true);
  describeAttachedRuns(
    () => berth,
    "proc",
    async (app) => instancesOf(berth.home, app).length,
  );
});
