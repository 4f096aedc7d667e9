import { afterAll, beforeAll, describe } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { describeDrills } from "../support/drill-scenarios.ts";
import { instancesOf } from "../support/processes.ts";
import { describeRollbacks } from "../support/rollback-scenarios.ts";

describe("on this machine", () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  describeRollbacks(() => berth, "back");
  describeDrills(
    () => berth,
    "back",
    (app) => instancesOf(berth.home, app).length,
  );
});
