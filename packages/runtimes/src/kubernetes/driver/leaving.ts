import type { KubeObject } from "@berth/cluster";

interface Namespace extends KubeObject {
  status?: { conditions?: readonly { type: string; status: string; message?: string }[] };
}

/** Whether the cluster was asked to remove an object, which it does once nothing holds it. */
export function isLeaving(object: KubeObject | undefined): boolean {
  return object?.metadata.deletionTimestamp !== undefined;
}

/** What keeps a namespace that is to go, in the cluster's words; null where that is not known. */
export function whatHolds(namespace: KubeObject | undefined): string | null {
  const { metadata, status } = (namespace ?? { metadata: {} }) as Namespace;
  const own = (metadata.finalizers ?? []).map((finalizer) => `its finalizer ${finalizer}`);
  // All conditions say what is wrong where they are true; most are only told while it is under way.
  const told = (status?.conditions ?? []).filter(({ status: isSo }) => isSo === "True");
  const finalizers = told.filter(({ type }) => type === "NamespaceFinalizersRemaining");
  const texts = (finalizers.length > 0 ? finalizers : told).map(({ message = "" }) => clauseOf(message));
  return [...own, ...texts.filter((text) => text !== "")].join("; ") || null;
}

function clauseOf(message: string): string {
  return message.replace(/[,.\s]+$/, "").replace(/^Some /, "some ");
}
