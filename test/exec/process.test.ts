import { afterAll, beforeAll, describe } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { describeExec } from "./scenario.ts";

describe("berth exec beside processes", () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);
  describeExec(() => berth);
});
