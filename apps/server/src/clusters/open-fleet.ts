import { BerthError, type Clusters, type Digest, type RegisteredCluster, type Runtime, type Store } from "@berth/core";
import type { Router, SharedDoor } from "@berth/router";
import { awayError, Fleet } from "@berth/runtimes";
import type { ClusterRuntimeDeps } from "../kubernetes/runtime.ts";
import type { ServerPlaceDeps } from "../kubernetes/server-place.ts";
import type { Registries } from "../images/registries.ts";
import { makeClusters } from "./clusters.ts";
import { mergeDoors } from "./doors.ts";
import { makeKeptFiles } from "./kept-files.ts";
import { makeLinks } from "./links.ts";
import { type ClusterMember, openMember, readIdentity } from "./open-member.ts";
import { type ClusterNeeds, settingsOf } from "./options.ts";
import { requireApart } from "./require-apart.ts";

export interface FleetChoice
  extends Omit<ClusterRuntimeDeps, "store" | "publish" | "settings">, Pick<ServerPlaceDeps, "port" | "pullPassword"> {
  settings: ClusterNeeds;
  /** What runs on the cluster of the settings. */
  main: { runtime: Runtime; doors: readonly SharedDoor[] };
  store: Store;
  /** Where registered clusters' kubeconfigs are. */
  folder: string;
  registries: Pick<Registries, "publishTo">;
  router: Pick<Router, "listenNeighbours">;
}

export interface OpenedFleet {
  runtime: Runtime;
  clusters: Clusters;
  openDoors(): Promise<void>;
}

const unasked = new BerthError("cluster.unreachable", "It has not answered yet.");
/** How long a start waits for registered clusters to answer: longer, and those that do would wait for those that do not. */
const startMs = 5_000;

/** The cluster of the settings and all that are registered, as one runtime. Those that are away join when they are back. */
export async function openFleet(choice: FleetChoice): Promise<OpenedFleet> {
  const { main, connected, store, settings, registries, router, clock, log } = choice;
  const { platform, cluster } = connected;
  const files = makeKeptFiles(choice.folder);
  const doors = new Map<string, readonly SharedDoor[]>();
  let areDoorsOpen = false;
  const fleet = new Fleet({
    main: main.runtime,
    clusterOf: async ({ app, environment }) => (await store.environments.get(app, environment))?.cluster ?? null,
    closeMembers: () => links.close(),
  });

  async function connect(
    name: string,
    { options, pullLogin }: Pick<RegisteredCluster, "options"> & { pullLogin: string | null },
  ): Promise<ClusterMember> {
    const others = (await store.clusters.list()).filter((other) => other.name !== name);
    const own = { identity: await readIdentity(cluster), prefix: settings.cluster.namespacePrefix };
    const { registry } = options;
    const signal = new AbortController().signal;
    return await openMember({
      ...choice,
      name,
      kubeconfig: files.kubeconfig(name),
      settings: settingsOf(options, pullLogin, settings),
      platform,
      check: (identity) => requireApart({ name, identity, prefix: options.namespacePrefix }, own, others),
      publish: async (app: string, digest: Digest) => {
        if (registry !== null) await registries.publishTo(registry, { app, digest, tags: [] }, () => undefined, signal);
      },
      parts: choice,
      log,
    });
  }

  async function openDoors(): Promise<void> {
    areDoorsOpen = true;
    await router.listenNeighbours(mergeDoors([...main.doors, ...[...doors.values()].flat()]));
  }

  const links = makeLinks({
    async connect(name) {
      const registered = await store.clusters.get(name);
      return await connect(name, { options: registered!.options, pullLogin: await files.pullLogin(name) });
    },
    async onJoin(name, member) {
      doors.set(name, member.doors);
      if (areDoorsOpen) await openDoors();
      await fleet.join(name, member.runtime);
    },
    onAway: (name, why) => fleet.setAway(name, awayError(name, why)),
    clock,
    log,
  });
  const registered = (await store.clusters.list()).map(({ name }) => name);
  await files.keepOnly(registered);
  for (const name of registered) fleet.setAway(name, awayError(name, unasked));
  const waited = new AbortController();
  const tried = Promise.all(registered.map((name) => links.open(name))).finally(() => waited.abort());
  await Promise.race([tried, clock.sleep(startMs, waited.signal)]);
  const clusters = makeClusters({
    store,
    settings,
    fleet,
    links,
    files,
    main: cluster,
    installation: choice.installation,
    connect,
    log,
  });
  return { runtime: fleet, clusters, openDoors };
}
