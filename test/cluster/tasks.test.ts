import { describeAttachedRuns } from "../support/attached-run-scenarios.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { describeTasks } from "../support/task-scenarios.ts";

await describeOnCluster((on) => {
  describeTasks(() => on().berth, "job", false);
  describeAttachedRuns(
    () => on().berth,
    "job",
    async (app) => (await on().pods(app)).length,
  );
});
