import type { Urls } from "@berth/api";
import { type DeployerPolicy, startDeployer } from "@berth/deployer";
import type { RouterFeed } from "@berth/feed";
import { askHttp } from "@berth/runtimes";
import { makePlanApp } from "@berth/stacks";
import { makeBuildSecrets } from "../builds/build-secrets.ts";
import type { Closers } from "../closers.ts";
import type { Home } from "../home.ts";
import { makeImageKeeper } from "../images/image-keeper.ts";
import { makeNeighbourPorts } from "../router/neighbour-ports.ts";
import { placeNames } from "../places.ts";
import { makeProvenances } from "../images/provenances.ts";
import type { OpenedRuntime } from "../runtime.ts";
import type { Settings } from "../settings/settings.ts";
import { version } from "../version.ts";
import type { Common } from "./common.ts";
import type { Foundations } from "./foundations.ts";
import type { Pushes } from "./pushes.ts";

export interface DeployingDeps {
  settings: Settings;
  home: Home;
  foundations: Foundations;
  running: Pick<OpenedRuntime, "runtime" | "clusters">;
  pushes: Pushes;
  feed: RouterFeed;
  urls: Urls;
  policy: DeployerPolicy;
  common: Common;
  closers: Closers;
}

/** Who makes releases of what was pushed, and has them run; and where each came from. */
export async function startDeploying(deps: DeployingDeps) {
  const { settings, home, foundations, running, pushes, feed, urls, policy, common, closers } = deps;
  const { store, vault, images, machine, keys, registries, builder } = foundations;
  const { runtime, clusters } = running;
  const { git, registry } = pushes;
  const { clock, random } = common("deployer");
  const { needsBase, platform, neighbours } = runtime.descriptor;
  const place = { name: placeNames[settings.runtime], platform, needsBase, glibc: machine.glibc, tools: {} };
  const planApp = makePlanApp({ dockerfiles: settings.builder !== "host" && needsBase });
  const provenances = makeProvenances({
    home: home.root,
    images,
    store,
    openTree: git.openTree,
    planApp,
    key: keys.signingKey,
    berthVersion: version,
    log: common("provenance").log,
  });
  const ports = makeNeighbourPorts(random, neighbours);
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
    vault,
    records: provenances,
    packages: provenances.packages,
    compareCommits: git.compareCommits,
    findCluster: clusters.find,
    openTree: git.openTree,
    url: urls.ofEnvironment,
    domain: settings.domain,
    neighbourUrl: ports.url,
    drawPort: ports.draw,
    probe: askHttp,
    installationKey: keys.workloadKey,
    policy,
    ...common("deployer"),
  });
  closers.add(() => deployer.stop());
  return { deployer, provenances };
}

export type Deploying = Awaited<ReturnType<typeof startDeploying>>;
