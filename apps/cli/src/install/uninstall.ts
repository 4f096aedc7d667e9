import { type Cluster, type KubeObject, refOf, refText } from "@berth/cluster";
import { BerthError } from "@berth/core/errors";
import { isInstalled, readExisting } from "./existing.ts";
import { findAppNamespaces, findInstalled, findOwnNamespaces, type FoundInstallation } from "./find-installed.ts";

export interface UninstallPlan {
  remove: readonly KubeObject[];
  /** What stays, a line for each. */
  kept: readonly string[];
  /** Namespaces of apps, which go on running. */
  apps: readonly string[];
}

/** What of an installation goes, and what stays. Throws `cluster.failed` where there is none. */
export async function planUninstall(
  cluster: Cluster,
  { namespace, deleteData }: { namespace: string; deleteData: boolean },
  signal: AbortSignal,
): Promise<UninstallPlan> {
  const [found, before] = await Promise.all([
    findInstalled(cluster, namespace, signal),
    readExisting(cluster, namespace),
  ]);
  if (found.objects.length === 0 && found.volumes.length === 0 && !before.isInstalled) {
    throw new BerthError("input.invalid", `There is no Berth in the namespace ${namespace}.`, {
      path: namespace,
      hint: "Name the one it was installed to: berth uninstall --namespace berth-two",
    });
  }
  const prefix = before.chosen?.namespacePrefix ?? "berth-";
  const [apps, own] = await Promise.all([
    findAppNamespaces(cluster, prefix, signal),
    findOwnNamespaces(cluster, { prefix, namespace }),
  ]);
  const { remove, kept } = decideRemoval(found, deleteData);
  return { remove: [...remove, ...own], kept, apps };
}

/** Without `deleteData` the volume stays, and the namespace that it is in. A namespace with anything else in it stays in any case. */
export function decideRemoval(
  { objects, volumes, home, foreign }: FoundInstallation,
  deleteData: boolean,
): Omit<UninstallPlan, "apps"> {
  const ours = home !== null && isInstalled(home) ? [home] : [];
  if (!deleteData && volumes.length > 0) {
    const kept = volumes.map((volume) => `${refText(refOf(volume))}, with all state: berth install takes it up again`);
    return { remove: objects, kept: [...kept, ...ours.map((each) => refText(refOf(each)))] };
  }
  if (foreign.length > 0) {
    const others = foreign.slice(0, 3).map((each) => refText(refOf(each)));
    const text = `${others.join(", ")}${foreign.length > others.length ? ", …" : ""}`;
    return {
      remove: [...objects, ...volumes],
      kept: ours.map((each) => `${refText(refOf(each))}, for somebody else's is in it: ${text}`),
    };
  }
  return { remove: [...objects, ...volumes, ...ours], kept: [] };
}

const everyMs = 500;
const patienceMs = 180_000;

/** Removes exactly these objects, and waits until they are gone. */
export async function removeObjects(
  cluster: Pick<Cluster, "get" | "remove">,
  objects: readonly KubeObject[],
  { now, sleep, signal }: { now(): number; sleep(ms: number, signal: AbortSignal): Promise<void>; signal: AbortSignal },
): Promise<void> {
  for (const object of objects) {
    const { uid } = object.metadata;
    if (uid !== undefined) await cluster.remove(refOf(object), { uid, signal });
  }
  const startedAt = now();
  for (const object of objects) {
    while ((await cluster.get<KubeObject>(refOf(object), { signal }))?.metadata.uid === object.metadata.uid) {
      if (now() - startedAt > patienceMs) {
        throw new BerthError("cluster.failed", `${refText(refOf(object))} does not go away.`, {
          path: refText(refOf(object)),
          hint: "See what holds it: kubectl describe. Then run berth uninstall again.",
        });
      }
      await sleep(everyMs, signal);
    }
  }
}
