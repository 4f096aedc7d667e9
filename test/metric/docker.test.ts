import { afterAll, beforeAll } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { containersOf } from "../support/containers.ts";
import { describeMetric } from "../support/metric-scenarios.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasDocker();

describeWith("docker", isThere, reason, () => {
  let berth: Berth;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
  }, 60_000);
  afterAll(() => berth.stop(), 60_000);

  describeMetric(
    () => berth,
    "mcd",
    async (app) => ({ instances: (await containersOf(app)).length, others: 0 }),
  );
});
