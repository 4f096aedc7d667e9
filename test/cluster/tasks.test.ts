import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { describeTasks } from "../support/task-scenarios.ts";

await describeOnCluster((on) => {
  describeTasks(() => on().berth, "job", false);
});
