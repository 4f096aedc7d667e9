import { afterAll, beforeAll, describe } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { describeTasks } from "../support/task-scenarios.ts";

describe("on this machine", () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  describeTasks(() => berth, "proc", true);
});
