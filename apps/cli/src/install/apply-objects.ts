import { isDeepStrictEqual } from "node:util";
import { type Cluster, type KubeObject, refOf, refText } from "@berth/cluster";
import { BerthError } from "@berth/core/errors";
import { isInstalled } from "./existing.ts";
import { installManager, ofApps } from "./names.ts";

/**
 * Applies objects in their order. What somebody changed by hand is as it was again; an object of the same name that was not installed is left
 * alone, and nothing at all is applied then: `conflict`.
 */
export async function applyObjects(
  cluster: Pick<Cluster, "get" | "apply">,
  objects: readonly KubeObject[],
  signal: AbortSignal,
): Promise<void> {
  const there = await Promise.all(objects.map((object) => cluster.get<KubeObject>(refOf(object), { signal })));
  const foreign = there.find((object) => object !== null && !isInstalled(object) && !isForLease(object));
  if (foreign) {
    throw new BerthError("conflict", `${refText(refOf(foreign))} is there, and berth install did not make it.`, {
      path: refText(refOf(foreign)),
      hint: "Take another namespace: berth install --namespace berth-two. Nothing was changed.",
    });
  }
  for (const object of objects) await cluster.apply(object, { manager: installManager, force: true, signal });
}

/** A namespace that a server elsewhere has made for its Lease: one of an environment, or of builds, says so by further labels. */
function isForLease({ kind, metadata: { name, labels } }: KubeObject): boolean {
  return kind === "Namespace" && isDeepStrictEqual(labels, { ...ofApps, "kubernetes.io/metadata.name": name });
}
