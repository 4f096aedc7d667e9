import { describeMetric } from "../support/metric-scenarios.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";

const others = [
  { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" },
  { apiVersion: "batch/v1", kind: "Job" },
];

await describeOnCluster((on) => {
  describeMetric(
    () => on().berth,
    "mck",
    async (app) => {
      const { cluster, pods, prefixes } = on();
      const namespace = `${prefixes.own}${app}--production`;
      const lists = await Promise.all(others.map((kind) => cluster.list(kind, { namespace })));
      return { instances: (await pods(app)).length, others: lists.flatMap(({ items }) => items).length };
    },
  );
});
