import type { KubeObject } from "@berth/cluster";
import { label } from "../labels.ts";
import { namespaceName, workloadName } from "../names.ts";

/**
 * Whether an object is where this runtime makes what has its labels. Labels alone say nothing: whoever may make pods somewhere on the cluster can
 * give them any, and would get requests of another app's; and who copies an object copies its labels.
 */
export function isInPlace({ kind, metadata }: KubeObject, namespacePrefix: string): boolean {
  const { labels = {}, name, namespace } = metadata;
  const [app, environment, service, id] = [label.app, label.environment, label.service, label.workload].map(
    (one) => labels[one],
  );
  // Without them it is taken for nothing.
  if (app === undefined || environment === undefined) return true;
  if ((kind === "Namespace" ? name : namespace) !== namespaceName(namespacePrefix, { app, environment })) return false;
  if (service === undefined || id === undefined) return true;
  const expected = workloadName({ service, id });
  return kind === "Pod" ? name.startsWith(`${expected}-`) : name === expected;
}
