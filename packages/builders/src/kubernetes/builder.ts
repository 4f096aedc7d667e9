import { join } from "node:path";
import type { BuildRequest } from "@berth/core";
import { openKeptMap } from "../build/kept-map.ts";
import { makeImageBuilder, openEarlier } from "../build/make-builder.ts";
import type { CachingBuilder } from "../build/make-builder.ts";
import type { MakeParts } from "../build/parts.ts";
import type { KubernetesBuilderDeps } from "./deps.ts";
import { makeClusterParts } from "./cluster-parts.ts";
import { makeFacts, refuseDockerfile } from "./facts.ts";
import { makeJobs } from "./jobs.ts";

/**
 * Builds on a cluster: steps run in a pod of a Job, in a container of their stack's official image; Berth's own part beside them packs what
 * they make, and the server makes the image of it. What an earlier server has left is removed at once.
 */
export function makeKubernetesBuilder(deps: KubernetesBuilderDeps): CachingBuilder {
  const { home, clock, log } = deps;
  const jobs = makeJobs(deps);
  const earlier = openEarlier(deps);
  const lastUses = openKeptMap<number>(join(home, "cache", "build-claims.json"));
  const makeParts = makeClusterParts(deps, jobs, earlier);
  const cleaned = jobs.removeAll().catch((error: unknown) => {
    log.warn({ err: error }, "What builds have left on the cluster could not be removed");
  });

  const make: MakeParts = async (request, ...rest) => {
    await cleaned;
    await lastUses.set(request.app, clock.now());
    return makeParts(request, ...rest);
  };
  /** What cannot be removed now is with the next. */
  async function removeCaches(isUnwanted: (app: string) => boolean): Promise<void> {
    await jobs.removeCaches(isUnwanted).catch((error: unknown) => {
      log.warn({ err: error }, "Caches of builds could not be removed and are left for later");
    });
  }

  const executor = {
    ...makeFacts(deps.platform),
    buildDockerfile: async ({ plan }: BuildRequest) => refuseDockerfile(plan),
    async prune(before: number) {
      const used = await lastUses.load();
      await removeCaches((app) => (used.get(app) ?? 0) < before);
      for (const [app, usedAt] of used) if (usedAt < before) used.delete(app);
      await lastUses.save();
    },
    async forget(app: string) {
      (await lastUses.load()).delete(app);
      await lastUses.save();
      await removeCaches((one) => one === app);
    },
  };
  return makeImageBuilder(executor, make, earlier, deps);
}
