import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { describeDrills } from "../support/drill-scenarios.ts";
import { describeRollbacks } from "../support/rollback-scenarios.ts";

await describeOnCluster((on) => {
  describeRollbacks(() => on().berth, "backk");
  describeDrills(
    () => on().berth,
    "backk",
    async (app) => (await on().pods(app)).length,
  );
});
