import { afterAll, beforeAll, describe } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { describeMetric } from "../support/metric-scenarios.ts";

describe("on this machine", () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth();
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  describeMetric(
    () => berth,
    "mcp",
    async (app) => {
      const { services } = await berth.status(app);
      return { instances: services.flatMap(({ instances }) => instances).length, others: 0 };
    },
  );
});
