import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { describeRollbacks } from "../support/rollback-scenarios.ts";

await describeOnCluster((on) => {
  describeRollbacks(() => on().berth, "backk");
});
