import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { createToken, makeApi, makeAuthenticator, makeNodeListener, makeUrls, type Urls } from "@berth/api";
import { readPlatform } from "@berth/builders";
import {
  BerthError,
  type Clock,
  type Random,
  type Store,
  systemActor,
  systemClock,
  systemRandom as random,
} from "@berth/core";
import type { Engine } from "@berth/docker";
import { defaultPolicy, type Deployer, startDeployer } from "@berth/deployer";
import { startGitServer } from "@berth/git";
import { drawSigningKey, openImages, readBootId, readSigningKey, signingKeyName } from "@berth/images";
import { httpServerOptions, makeRouter } from "@berth/router";
import { makePlanApp, supportFiles } from "@berth/stacks";
import { openSqliteStore } from "@berth/store";
import type { Logger } from "pino";
import { makeBases } from "./bases.ts";
import { makeBuildSecrets } from "./build-secrets.ts";
import { makeBuilder } from "./builder.ts";
import { type Closers, makeClosers } from "./closers.ts";
import { makeDispatch } from "./dispatch.ts";
import { makeGate } from "./gate.ts";
import { type Home, openHome } from "./home.ts";
import { makeImageLibrary } from "./image-library.ts";
import { makeImageKeeper } from "./image-keeper.ts";
import { openImageRegistry } from "./image-registry.ts";
import { listen } from "./listen.ts";
import { readMachine } from "./machine.ts";
import { findImagesRegistry, makeManifests, unknownCluster } from "./manifests.ts";
import { makeNeighbourPorts } from "./neighbour-ports.ts";
import { makeProvenances } from "./provenances.ts";
import { openRegistries } from "./registries.ts";
import { answerRoot } from "./root-page.ts";
import { openRuntime } from "./runtime.ts";
import type { Settings } from "./settings.ts";
import { version } from "./version.ts";

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
  /** Ends the server; with `apps`, what it runs too. */
  close(options: { apps: boolean }): Promise<void>;
}

/** Puts the parts together and listens. What fails is a BerthError that says what to do, and nothing is left open. */
export async function startServer(settings: Settings, log: Logger, clock: Clock = systemClock): Promise<RunningServer> {
  const closers = makeClosers();
  try {
    return await open(settings, log, clock, closers);
  } catch (error) {
    await closers.close();
    throw error;
  }
}

async function open(settings: Settings, log: Logger, clock: Clock, closers: Closers): Promise<RunningServer> {
  const common = (part: string) => ({ clock, random, log: log.child({ part }) });
  const home = openHome(settings.home);
  const { root, database } = home;
  const http = createServer(httpServerOptions);
  const gate = makeGate(http);
  const port = await listen(http, settings);
  closers.add(() => closeServer(http));
  const urls = makeUrls({ domain: settings.domain, port });

  const store = await openSqliteStore({ file: database, ...common("store") });
  closers.add(() => store.close());
  const bootId = await readBootId();
  const images = await openImages({ home: root, bootId, compression: settings.layers, ...common("images") });
  closers.add(() => images.close());
  const machine = readMachine(process.env);
  const support = (name: string) => supportFiles(name, join(root, "cache", "support"));
  const needsEngine = settings.runtime === "docker" || settings.builder === "docker";
  const engine = needsEngine ? await connectToEngine(process.env["DOCKER_HOST"]) : null;
  const platform = readPlatform();
  const registries = openRegistries({
    home: root,
    images,
    settings,
    env: process.env,
    platform: engine === null ? platform : { ...platform, os: engine.info.os, architecture: engine.info.architecture },
    ...common("registries"),
  });
  closers.add(() => registries.close());
  const installation = await store.installation.getOrMake("installation", () => drawKey(random).slice(0, 12));
  const parts = { home: root, images, supportFiles: support, openBase: registries.openBase };
  const host = { ...parts, machine, platform, ...common("builder") };
  const builderEngine = settings.builder === "docker" ? engine : null;
  const cacheKey = Buffer.from(await store.installation.getOrMake("build-cache-key", () => drawKey(random)), "hex");
  const builder = await makeBuilder({
    host,
    engine: builderEngine,
    installation,
    cacheKey,
    resolveImage: registries.resolve,
  });

  const later: { deployer?: Deployer } = {};
  const router = makeRouter({
    domain: settings.domain,
    wake: async (workload) => later.deployer?.wake(workload),
    ...common("router"),
  });
  closers.add(() => router.close());
  const runtime = await openRuntime({
    settings,
    home: root,
    host,
    images,
    engine,
    installation,
    router,
    ...common("runtime"),
  });
  const runtimeCloser = closers.add(() => runtime.close());
  const authenticator = makeAuthenticator(store, clock);
  const registry = await openImageRegistry({
    home: root,
    store,
    images,
    authenticate: authenticator,
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
    name: needsBase ? "Docker" : "this machine",
    platform: runtime.descriptor.platform,
    needsBase,
    glibc: machine.glibc,
    tools: {},
  };
  const planApp = makePlanApp({ dockerfiles: settings.builder === "docker" && needsBase });
  const provenances = makeProvenances({
    home: root,
    images,
    store,
    openTree: git.openTree,
    planApp,
    key: readSigningKey(await store.installation.getOrMake(signingKeyName, drawSigningKey)),
    berthVersion: version,
    log: log.child({ part: "provenance" }),
  });
  const installationKey = Buffer.from(await store.installation.getOrMake("workload-key", () => drawKey(random)), "hex");
  const imagesRegistry = findImagesRegistry(settings.registry, port);
  const ports = makeNeighbourPorts(random, runtime.descriptor.neighbours);
  const deployer = await startDeployer({
    store,
    runtime,
    builder,
    planApp,
    router,
    refs: git.refs,
    images: makeImageKeeper({ images, builder, registries, registry, place, clock }),
    resolveBase: registries.resolve,
    buildSecrets: makeBuildSecrets(home.buildSecrets),
    records: provenances,
    openTree: git.openTree,
    url: urls.ofEnvironment,
    domain: settings.domain,
    neighbourUrl: ports.url,
    drawPort: ports.draw,
    installationKey,
    policy: defaultPolicy,
    ...common("deployer"),
  });
  closers.add(() => deployer.stop());
  later.deployer = deployer;
  await router.listenNeighbours({ loopback: runtime.descriptor.neighbours === "loopback" });
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
    logs: (scope, options) => deployer.logs(scope, options),
    manifests: makeManifests({
      store,
      images,
      installationKey,
      place: unknownCluster(installation, imagesRegistry),
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
  gate.open(
    makeDispatch({
      domain: settings.domain,
      berth: (request, response) => answerRoot(request, response, urls.origin) || answerApi(request, response),
      git: (request, response) => void git.handle(request, response),
      registry: registry.handle,
      router,
      visit: (app, release) => deployer.visit(app, release),
    }),
  );

  return {
    home,
    urls,
    store,
    isToken: async (secret) => (await authenticator(secret)) !== null,
    createToken: async (person, note) =>
      (await createToken({ store, random }, { person, role: "owner", note }, systemActor)).secret,
    prune: () => deployer.prune(),
    async close({ apps }) {
      if (apps) runtimeCloser.replace(() => runtime.shutdown());
      // Before anything that requests still under way may need. Pushes are told that their deploys are given up.
      await closeServer(http, () => deployer.stop()).finally(() => closers.close());
    },
  };
}

/** What speaks to an engine is loaded here: an installation without containers needs none of it. */
async function connectToEngine(host: string | undefined): Promise<Engine> {
  const { connectEngine } = await import("@berth/docker");
  return connectEngine({ host });
}

function drawKey(source: Random): string {
  return Buffer.from(source.bytes(32)).toString("hex");
}

/** How long requests under way may take to end when the server does. */
const closeGraceMs = 1_000;

/** Takes no new connections, ends what keeps requests long, and lets them finish for a moment. */
async function closeServer(http: Server, endWork: () => Promise<void> = async () => undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    http.close(() => resolve());
  });
  http.closeIdleConnections();
  await endWork();
  const timer = setTimeout(() => http.closeAllConnections(), closeGraceMs);
  await closed;
  clearTimeout(timer);
}
