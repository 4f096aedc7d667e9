import { join } from "node:path";
import {
  createToken,
  makeApi,
  makeApiUpgrades,
  makeAuthenticator,
  makeNodeListener,
  makeUrls,
  type Urls,
} from "@berth/api";
import { BerthError, type Clock, type Store, systemActor, systemClock, systemRandom as random } from "@berth/core";
import { defaultPolicy, type Deployer, type DeployerPolicy, startDeployer } from "@berth/deployer";
import { startGitServer } from "@berth/git";
import { openImages, readBootId } from "@berth/images";
import { HttpServer, makeEdge } from "@berth/router";
import { makePlanApp, supportFiles } from "@berth/stacks";
import { openSqliteStore } from "@berth/store";
import type { Logger } from "pino";
import { openAccessLog } from "./access-log.ts";
import { makeBases } from "./bases.ts";
import { makeBuildSecrets } from "./build-secrets.ts";
import { openBuilder } from "./builder.ts";
import { closeServer } from "./close-server.ts";
import { type Closers, makeClosers } from "./closers.ts";
import { makeDispatch } from "./dispatch.ts";
import { makeGate } from "./gate.ts";
import { type Home, openHome } from "./home.ts";
import { makeImageLibrary } from "./image-library.ts";
import { makeImageKeeper } from "./image-keeper.ts";
import { makeImageOffers } from "./image-offers.ts";
import { openImageRegistry } from "./image-registry.ts";
import { readInstallationKeys } from "./installation-keys.ts";
import { listen } from "./listen.ts";
import { readMachine } from "./machine.ts";
import { readRouterToken } from "./router-token.ts";
import { findImagesRegistry, makeManifests, unknownCluster } from "./manifests.ts";
import { makeMetricsAnswer } from "./metrics.ts";
import { makeNeighbourPorts } from "./neighbour-ports.ts";
import { connectPlaces, placeNames } from "./places.ts";
import { makeProvenances } from "./provenances.ts";
import { withPullLogin } from "./pull-login.ts";
import { openRegistries } from "./registries.ts";
import { answerRoot } from "./root-page.ts";
import { answerSchema } from "./schema-file.ts";
import { openRouting } from "./routing.ts";
import { openRuntime } from "./runtime.ts";
import type { Settings } from "./settings.ts";
import { version } from "./version.ts";
import { sharingOf } from "./workers/sharing.ts";
import { openWorkerDoor } from "./workers/worker-door.ts";
import { startWorkers } from "./workers/workers.ts";

export interface RunningServer {
  home: Home;
  urls: Urls;
  store: Store;
  /** Whether a token is good. */
  isToken(secret: string): Promise<boolean>;
  /** Makes an owner's token, kept nowhere. */
  createToken(person: string, note: string): Promise<string>;
  /** Removes what is no longer needed now, rather than when its turn comes. */
  prune(): Promise<void>;
  /** Whether what it runs can be ended with it. */
  appsEndWithServer: boolean;
  /** Ends the server; with `apps`, what it runs too, where that is this machine's. */
  close(options: { apps: boolean }): Promise<void>;
}

/** What is the same for every server, but not in tests. */
export interface ServerDeps {
  clock: Clock;
  policy: DeployerPolicy;
}

/** Puts the parts together and listens. What fails is a BerthError that says what to do, and nothing is left open. */
export async function startServer(
  settings: Settings,
  log: Logger,
  given: Partial<ServerDeps> = {},
): Promise<RunningServer> {
  const closers = makeClosers();
  try {
    return await open(settings, log, { clock: systemClock, policy: defaultPolicy, ...given }, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function open(
  settings: Settings,
  log: Logger,
  { clock, policy }: ServerDeps,
  closers: Closers,
): Promise<RunningServer> {
  const common = (part: string) => ({ clock, random, log: log.child({ part }) });
  const home = openHome(settings.home);
  const { root, database } = home;
  const edge = makeEdge(clock, settings.edge);
  const http = new HttpServer(edge);
  const gate = makeGate(http);
  const port = await listen(http, settings, sharingOf(settings));
  closers.add(() => closeServer(http));
  const door = settings.workers > 1 ? await openWorkerDoor(root, edge) : null;
  closers.add(() => door?.close());
  const urls = makeUrls({
    domain: settings.domain,
    port,
    ...(settings.publicUrl !== null && { publicOrigin: settings.publicUrl }),
  });

  const store = await openSqliteStore({ file: database, ...common("store") });
  closers.add(() => store.close());
  const bootId = await readBootId();
  const images = await openImages({ home: root, bootId, compression: settings.layers, ...common("images") });
  closers.add(() => images.close());
  const machine = readMachine(process.env);
  const keys = await readInstallationKeys(store, random);
  const { installation, pullPassword } = keys;
  const places = await connectPlaces(settings, { port, keys, ...common("cluster") });
  const { platform, engine, cluster } = places;
  if (cluster !== null) closers.add(() => cluster.cluster.close());
  const registries = openRegistries({
    home: root,
    images,
    settings,
    env: process.env,
    platform: places.basePlatform,
    ...common("registries"),
  });
  closers.add(() => registries.close());
  const support = (name: string) => supportFiles(name, join(root, "cache", "support"));
  const parts = { home: root, images, supportFiles: support, openBase: registries.openBase };
  const host = { ...parts, machine, platform, ...common("builder") };
  const offers = makeImageOffers();
  const { builder, ...building } = await openBuilder({
    settings,
    host,
    images,
    places,
    keys,
    registries,
    offers,
  });
  closers.add(() => building.close());

  const accessLog = openAccessLog(settings.accessLog);
  closers.add(() => accessLog?.close());
  const later: { deployer?: Deployer } = {};
  const { router, feed } = await openRouting({
    settings,
    edge,
    accessLog: accessLog?.write ?? null,
    home: root,
    store,
    wake: async (workload, by) => later.deployer?.wake(workload, by),
    visit: async (app, release) => (await later.deployer?.visit(app, release)) ?? false,
    clock,
    random,
    log,
  });
  closers.add(() => router.close());
  closers.add(() => feed.close());
  const { runtime, clusters, openDoors } = await openRuntime({
    settings,
    home: root,
    host,
    images,
    store,
    engine,
    connected: settings.runtime === "kubernetes" ? cluster : null,
    installation,
    port,
    pullPassword,
    registries,
    clustersFolder: home.clusters,
    router,
    ...common("runtime"),
  });
  const runtimeCloser = closers.add(() => runtime.close());
  const authenticator = makeAuthenticator(store, clock);
  const registry = await openImageRegistry({
    home: root,
    store,
    images,
    authenticate: withPullLogin(authenticator, pullPassword),
    offers,
    origin: urls.origin,
    ...common("registry"),
  });
  closers.add(() => registry.close());
  const git = await startGitServer({
    home: root,
    node: process.execPath,
    searchPath: machine.path,
    authenticate: authenticator,
    apps: store.apps,
    environments: store.environments,
    operations: store.operations,
    deployments: () => {
      if (later.deployer === undefined) throw new BerthError("internal", "A push came before the deployer was there.");
      return later.deployer;
    },
    url: urls.ofEnvironment,
    pushBegins: () => images.warm(),
    ...common("git"),
  });
  closers.add(() => git.close());

  const { needsBase } = runtime.descriptor;
  const place = {
    name: placeNames[settings.runtime],
    platform: runtime.descriptor.platform,
    needsBase,
    glibc: machine.glibc,
    tools: {},
  };
  const planApp = makePlanApp({ dockerfiles: settings.builder !== "host" && needsBase });
  const provenances = makeProvenances({
    home: root,
    images,
    store,
    openTree: git.openTree,
    planApp,
    key: keys.signingKey,
    berthVersion: version,
    log: log.child({ part: "provenance" }),
  });
  const imagesRegistry = findImagesRegistry(settings, port);
  const ports = makeNeighbourPorts(random, runtime.descriptor.neighbours);
  const deployer = await startDeployer({
    store,
    runtime,
    builder,
    planApp,
    router: feed,
    refs: git.refs,
    images: makeImageKeeper({ images, builder, registries, registry, place, clock }),
    resolveBase: registries.resolve,
    buildSecrets: makeBuildSecrets(home.buildSecrets),
    records: provenances,
    findCluster: clusters.find,
    openTree: git.openTree,
    url: urls.ofEnvironment,
    domain: settings.domain,
    neighbourUrl: ports.url,
    drawPort: ports.draw,
    installationKey: keys.workloadKey,
    policy,
    ...common("deployer"),
  });
  closers.add(() => deployer.stop());
  later.deployer = deployer;
  await openDoors();
  const makingUp = new AbortController();
  const madeUp = provenances
    .makeUp(makingUp.signal)
    .catch((error: unknown) => log.error({ err: error }, "provenance that was missing could not be made"));
  closers.add(async () => {
    makingUp.abort();
    await madeUp;
  });

  const api = makeApi({
    store,
    deployments: deployer,
    images: makeImageLibrary({ images, store, prune: () => deployer.prune() }),
    provenances,
    bases: makeBases({ store, resolve: registries.resolve }),
    clusters,
    logs: (scope, options) => deployer.logs(scope, options),
    manifests: makeManifests({
      store,
      images,
      installationKey: keys.workloadKey,
      place: unknownCluster(installation, imagesRegistry, settings.cluster),
      registry: imagesRegistry,
      domain: settings.domain,
      platform,
    }),
    urls,
    runtime: { name: runtime.descriptor.name },
    serverVersion: version,
    ...common("api"),
  });
  const answerApi = makeNodeListener(api, common("api"));
  const isToken = async (secret: string) => (await authenticator(secret)) !== null;
  const metrics = makeMetricsAnswer({ router, isToken, clock });
  const sessions = makeApiUpgrades(api, common("sessions"));
  // Before the runtime, by which they are ended.
  closers.add(() => sessions.close());
  const receiver = makeDispatch({
    domain: settings.domain,
    berth: (request, response) =>
      answerRoot(request, response, urls.origin) || answerSchema(request, response) || answerApi(request, response),
    git: (request, response) => void git.handle(request, response),
    registry: registry.handle,
    router,
    metrics: metrics.take,
    upgrade: (...upgrade) => feed.upgrade(...upgrade) || sessions.upgrade(...upgrade),
    visit: (app, release) => deployer.visit(app, release),
  });
  gate.open(receiver);
  door?.open(receiver);
  feed.open();
  const workers = startWorkers({
    count: settings.workers - 1,
    env: {
      BERTH_PORT: String(port),
      ...(door !== null && { BERTH_SERVER: door.url }),
      BERTH_ROUTER_TOKEN: readRouterToken(root, settings.routerToken, random),
      BERTH_NEIGHBOURS: "",
    },
    home: root,
    clock,
    log: log.child({ part: "workers" }),
  });
  closers.add(() => workers.close());
  await workers.started;

  return {
    home,
    urls,
    store,
    appsEndWithServer: runtime.descriptor.endsWithServer,
    isToken,
    createToken: async (person, note) =>
      (await createToken({ store, random }, { person, role: "owner", note }, systemActor)).secret,
    prune: () => deployer.prune(),
    async close({ apps }) {
      if (apps && runtime.descriptor.endsWithServer) runtimeCloser.replace(() => runtime.shutdown());
      // Before anything that requests still under way may need. Pushes are told that their deploys are given up.
      const others = workers.close();
      await closeServer(http, async () => {
        await Promise.all([sessions.close(), deployer.stop()]).finally(() => feed.close());
      })
        .finally(() => others)
        .finally(() => closers.close());
    },
  };
}
