import { type Generation, makeWorkload, type Release, type Scope } from "@berth/core";
import type { DeployerDeps } from "./deps.ts";

/** A release as what it runs in its place: its workloads with their ids. Neighbours are those of the same release, so an old release finds its old ids. */
export async function loadGeneration(
  deps: Pick<DeployerDeps, "store" | "drawPort" | "neighbourUrl" | "installationKey">,
  release: Release,
): Promise<Generation> {
  const scope: Scope = { app: release.app, environment: release.environment };
  const { services } = release.snapshot;
  const ports = await loadPorts(deps, release);
  const neighbours = Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, deps.neighbourUrl(port)]));
  return {
    version: release.version,
    liveAt: release.liveAt,
    services: services.map((service) => ({
      workload: makeWorkload(service, { ...scope, neighbours }, deps.installationKey),
      routes: service.spec.routes,
      scale: service.spec.scale,
    })),
  };
}

/** The loopback port of each service of a release that others reach: constant while the environment is there. */
export async function loadPorts(
  deps: Pick<DeployerDeps, "store" | "drawPort">,
  release: Release,
): Promise<Record<string, number>> {
  const names = neighboursOf(release.snapshot.services.map(({ spec }) => spec));
  if (names.length === 0) return {};
  return await deps.store.environments.ports(
    { app: release.app, environment: release.environment },
    names,
    deps.drawPort,
  );
}

/** The services that others reach by a stable URL: those that listen, where there is another one to reach them. */
export function neighboursOf(services: readonly { name: string; listens: boolean }[]): string[] {
  return services.length < 2 ? [] : services.filter(({ listens }) => listens).map(({ name }) => name);
}
