import {
  type Environment,
  type Generation,
  type GenerationService,
  makeWorkload,
  type Place,
  type Release,
} from "@berth/core";
import { openConfig } from "./config/open-config.ts";
import type { DeployerDeps } from "./deps.ts";

type GenerationDeps = Pick<DeployerDeps, "store" | "vault" | "drawPort" | "neighbourUrl" | "installationKey">;

/** What releases of one environment run where it is, by version: that changes only when it moves, and an id takes a keyed hash of each variable. */
export type KnownServices = Map<number, readonly GenerationService[]>;

/**
 * A release as what it runs on a cluster: its workloads with their ids. Neighbours are those of the same release, so an old
 * release finds its old ids. What is in `known`, all of it for this cluster, is not made again, and what is made is added.
 */
export async function loadGeneration(
  deps: GenerationDeps,
  release: Release,
  cluster: string | null,
  known: KnownServices = new Map(),
): Promise<Generation> {
  const { version, liveAt, kind } = release;
  const services = known.get(version) ?? (await loadServices(deps, release, cluster));
  known.set(version, services);
  return { version, liveAt, services, ...(kind === "config" && { wakesNothing: true }) };
}

/** What an environment serves, with nothing that is kept besides; null where that is nothing. */
export async function loadLive(
  deps: GenerationDeps,
  { app, name, live, cluster }: Environment,
): Promise<Generation | null> {
  const release = live === null ? null : await deps.store.releases.get({ app, environment: name }, live);
  return release && (await loadGeneration(deps, release, cluster));
}

/** The workloads of a release. */
export async function loadServices(
  deps: GenerationDeps,
  release: Pick<Release, "app" | "environment" | "snapshot">,
  cluster: string | null,
): Promise<GenerationService[]> {
  const place = await loadPlace(deps, release, cluster);
  return release.snapshot.services.map((service) => ({
    workload: makeWorkload(service, place, deps.installationKey),
    routes: service.spec.routes,
    scale: service.spec.scale,
  }));
}

/** Where the services of a release run, and a command beside them, on a cluster. */
export async function loadPlace(
  deps: GenerationDeps,
  release: Pick<Release, "app" | "environment" | "snapshot">,
  cluster: string | null,
): Promise<Place> {
  const { app, environment, snapshot } = release;
  const ports = await loadPorts(deps, release);
  const neighbours = Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [name, deps.neighbourUrl(port, name)]),
  );
  const config = snapshot.config && (await openConfig(deps, app, snapshot.config));
  return { app, environment, cluster, neighbours, config };
}

/** The loopback port of each service of a release that others reach: constant while the environment is there. */
export async function loadPorts(
  deps: Pick<DeployerDeps, "store" | "drawPort">,
  release: Pick<Release, "app" | "environment" | "snapshot">,
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
