import type { Executor } from "../build/executor.ts";
import { hostBuilderVersion } from "./deps.ts";
import type { HostBuilderDeps } from "./deps.ts";
import { makeNoNetwork } from "./no-network.ts";
import { makePreparedCopies } from "./prepared.ts";
import { makeMachineFinder } from "./tools/find-on-machine.ts";
import { ensureTools, knownVersions } from "./tools/toolbox.ts";
import { makeWorkFolders } from "./work-folder.ts";
import { makeHostWorkshop } from "./workshop.ts";

/** Runs steps as processes of this machine, with its tools and with those that registries bring. */
export function makeHostExecutor(deps: HostBuilderDeps): Executor {
  const { machine, platform, home, images } = deps;
  const toolDeps = { ...deps, finder: makeMachineFinder(deps) };
  const prepared = makePreparedCopies(deps);
  const workshopDeps = {
    ...deps,
    workFolders: makeWorkFolders(home, images),
    noNetwork: makeNoNetwork(deps),
    prepared,
  };
  return {
    name: "host",
    version: hostBuilderVersion,
    usesBuildImage: false,
    // Steps of all apps run as one user, who may write anywhere in them.
    cachesOf: "all",
    platform,
    conditions: (plan) => ({
      tools: knownVersions(plan, toolDeps),
      // What steps compile is linked against it.
      glibc: plan.steps.length > 0 ? machine.glibc : null,
    }),
    async prepare({ plan }, sink, signal) {
      const tools = await ensureTools(plan, toolDeps, sink, signal);
      return tools.ok ? { ok: true, workshop: makeHostWorkshop(tools.toolbox, workshopDeps) } : tools;
    },
    buildDockerfile: null,
    prune: (before) => prepared.prune(before),
    // Those of its services lie among those of all others, under names that do not tell.
    forget: async () => {},
  };
}
