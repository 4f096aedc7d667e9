import { createToken, makeAuthenticator, makeUrls, type Urls } from "@berth/api";
import { type Clock, type Store, systemActor, systemClock, systemRandom as random } from "@berth/core";
import { defaultPolicy, type Deployer, type DeployerPolicy } from "@berth/deployer";
import { processMetrics } from "@berth/router";
import type { Logger } from "pino";
import { openAccessLog } from "./http/access-log.ts";
import { closeServer } from "./http/close-server.ts";
import { type Closers, makeClosers } from "./closers.ts";
import { makeDispatch } from "./http/dispatch.ts";
import { type Home, openHome } from "./home.ts";
import { makeMetricsAnswer } from "./http/metrics.ts";
import { openApi } from "./parts/api.ts";
import { makeCommon } from "./parts/common.ts";
import { startDeploying } from "./parts/deploying.ts";
import { openFoundations } from "./parts/foundations.ts";
import { openPort } from "./parts/port.ts";
import { openPushes } from "./parts/pushes.ts";
import { answerRoot } from "./http/root-page.ts";
import { readRouterToken } from "./router/router-token.ts";
import { openRouting } from "./router/routing.ts";
import { openRuntime } from "./runtime.ts";
import type { Settings } from "./settings/settings.ts";
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
  const common = makeCommon(clock, log);
  const home = openHome(settings.home);
  const { root } = home;
  const { port, http, edge, shared, doorUrl, open: openGate } = await openPort({ settings, common, closers });
  const urls = makeUrls({
    domain: settings.domain,
    port,
    ...(settings.publicUrl !== null && { publicOrigin: settings.publicUrl }),
  });
  const foundations = await openFoundations({ settings, home, port, common, closers });
  const { store, images, keys, places, registries, host } = foundations;

  const accessLog = openAccessLog(settings.accessLog);
  closers.add(() => accessLog?.close());
  let deployer: Deployer | null = null;
  const { router, feed } = await openRouting({
    settings,
    edge,
    accessLog: accessLog?.write ?? null,
    home: root,
    store,
    wake: async (workload, by) => deployer?.wake(workload, by),
    visit: async (app, release) => (await deployer?.visit(app, release)) ?? false,
    clock,
    random,
    log,
  });
  closers.add(() => router.close());
  closers.add(() => feed.close());
  const { openDoors, ...running } = await openRuntime({
    settings,
    home: root,
    host,
    images,
    store,
    engine: places.engine,
    connected: settings.runtime === "kubernetes" ? places.cluster : null,
    installation: keys.installation,
    port,
    pullPassword: keys.pullPassword,
    registries,
    clustersFolder: home.clusters,
    router,
    ...common("runtime"),
  });
  const { runtime } = running;
  const runtimeCloser = closers.add(() => runtime.close());
  const authenticator = makeAuthenticator(store, clock);
  const pushes = await openPushes({
    home,
    foundations,
    authenticator,
    urls,
    deployer: () => deployer,
    common,
    closers,
  });
  const deploying = await startDeploying({
    settings,
    home,
    foundations,
    running,
    pushes,
    feed,
    urls,
    policy,
    common,
    closers,
  });
  const started = deploying.deployer;
  deployer = started;
  await openDoors();
  const makingUp = new AbortController();
  const madeUp = deploying.provenances
    .makeUp(makingUp.signal)
    .catch((error: unknown) => log.error({ err: error }, "provenance that was missing could not be made"));
  closers.add(async () => {
    makingUp.abort();
    await madeUp;
  });

  const { answer: answerApi, sessions } = openApi({
    settings,
    port,
    foundations,
    running,
    deploying,
    urls,
    common,
    closers,
  });
  const isToken = async (secret: string) => (await authenticator(secret)) !== null;
  const tellMetrics = shared.tell(() => [...router.metrics(), ...processMetrics(clock.now())]);
  const metrics = makeMetricsAnswer({ metrics: tellMetrics, isToken, log: common("metrics").log });
  openGate(
    makeDispatch({
      domain: settings.domain,
      berth: (request, response) => answerRoot(request, response, urls.origin) || answerApi(request, response),
      git: (request, response) => void pushes.git.handle(request, response),
      registry: pushes.registry.handle,
      router,
      metrics: metrics.take,
      upgrade: (...upgrade) => feed.upgrade(...upgrade) || sessions.upgrade(...upgrade),
      visit: (app, release) => started.visit(app, release),
    }),
  );
  feed.open();
  const workers = startWorkers({
    count: settings.workers - 1,
    env: {
      BERTH_PORT: String(port),
      ...(doorUrl !== null && { BERTH_SERVER: doorUrl }),
      BERTH_ROUTER_TOKEN: readRouterToken(root, settings.routerToken, random),
      BERTH_NEIGHBOURS: "",
    },
    home: root,
    onEnd: shared.ended,
    clock,
    log: common("workers").log,
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
    prune: () => started.prune(),
    async close({ apps }) {
      if (apps && runtime.descriptor.endsWithServer) runtimeCloser.replace(() => runtime.shutdown());
      // Before anything that requests still under way may need. Pushes are told that their deploys are given up.
      const others = workers.close();
      await closeServer(http, async () => {
        await Promise.all([sessions.close(), started.stop()]).finally(() => feed.close());
      })
        .finally(() => others)
        .finally(() => closers.close());
    },
  };
}
