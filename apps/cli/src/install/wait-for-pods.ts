import type { Cluster } from "@berth/cluster";
import { BerthError } from "@berth/core/errors";
import { describePod, type InstalledPod } from "./describe-pod.ts";
import { type Component, componentSelector, installName, selectorText } from "./names.ts";

export interface WaitDeps {
  cluster: Pick<Cluster, "get" | "list">;
  namespace: string;
  say(line: string): void;
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  signal: AbortSignal;
}

interface Controller {
  apiVersion: string;
  kind: string;
  metadata: { name: string; generation?: number };
  spec?: { replicas?: number };
  status?: { observedGeneration?: number; readyReplicas?: number; updatedReplicas?: number; replicas?: number };
}

const everyMs = 500;
/** Of nothing new. Fetching the image the first time takes its time. */
const patienceMs = 300_000;
/** What looks failed may pass: a registry that was away for a moment. */
const failedForMs = 20_000;

/** Waits until every pod of a part is the new one and ready, and says what it waits for. Throws `cluster.failed`. */
export async function waitForPods(component: Component, deps: WaitDeps): Promise<void> {
  const { cluster, namespace, say, now, signal } = deps;
  const kind = component === "server" ? "StatefulSet" : "Deployment";
  const ref = { apiVersion: "apps/v1", kind, namespace, name: installName[component] };
  const labels = selectorText(componentSelector(component));
  const startedAt = now();
  let said = "";
  let newsAt = startedAt;
  let failedSince: number | null = null;
  for (;;) {
    const controller = await cluster.get<Controller>(ref, { signal });
    if (controller !== null && isDone(controller)) break;
    const { items } = await cluster.list<InstalledPod>(
      { apiVersion: "v1", kind: "Pod" },
      { namespace, labels, signal },
    );
    const states = items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(describePod);
    const worst =
      states.find(({ kind: each }) => each === "failed") ?? states.find(({ kind: each }) => each !== "ready");
    const text = worst?.text ?? "waits for its pod";
    if (text !== said) {
      newsAt = now();
      said = text;
      if (worst !== undefined) say(`${component.padEnd(9)} ${text.split("\n")[0]}`);
    }
    failedSince = worst?.kind === "failed" ? (failedSince ?? now()) : null;
    if ((failedSince !== null && now() - failedSince > failedForMs) || now() - newsAt > patienceMs) {
      throw new BerthError("cluster.failed", `The ${component} did not come up: ${text}`, {
        path: `${kind} ${namespace}/${installName[component]}`,
        hint: `See more: kubectl -n ${namespace} describe pods -l app.kubernetes.io/component=${component}. Mend it and run berth install again.`,
      });
    }
    await deps.sleep(everyMs, signal);
  }
  say(`${component.padEnd(9)} ready  ${((now() - startedAt) / 1_000).toFixed(1)} s`);
}

/** Whether all of its pods are of the template that was applied last, and ready. */
function isDone({ metadata, spec, status }: Controller): boolean {
  const wanted = spec?.replicas ?? 1;
  return (
    (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    status?.readyReplicas === wanted &&
    (status.updatedReplicas ?? 0) >= wanted &&
    status.replicas === wanted
  );
}
