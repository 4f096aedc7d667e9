import { containersOf } from "../support/containers.ts";
import { describeOnDocker } from "../support/describe-on-docker.ts";
import { describeMetric } from "../support/metric-scenarios.ts";

await describeOnDocker((berth) =>
  describeMetric(berth, "mcd", async (app) => ({ instances: (await containersOf(app)).length, others: 0 })),
);
