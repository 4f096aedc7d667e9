import { describeExec } from "../exec/scenario.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";

await describeOnCluster((on) => {
  describeExec(() => on().berth);
});
