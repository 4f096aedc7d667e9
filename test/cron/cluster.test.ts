import { describeCrons } from "../support/cron-scenarios.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";

await describeOnCluster((on) => {
  describeCrons(() => on().berth, "cronk");
});
