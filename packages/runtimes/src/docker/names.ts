import type { Scope } from "@berth/core";

/** Names of all that this runtime makes on an engine. Every derived name is made here. */

const prefix = "dev.berth.";

/** Labels on everything: by them an installation finds what it has made, and leaves alone what it has not. */
export const label = {
  installation: `${prefix}installation`,
  app: `${prefix}app`,
  environment: `${prefix}environment`,
  service: `${prefix}service`,
  workload: `${prefix}workload`,
  instance: `${prefix}instance`,
  /** JSON: what of the workload is in no other label, without the values of its variables. */
  spec: `${prefix}spec`,
  /** JSON: how often it was started again, crashes in a row, how it ended last, its port. */
  history: `${prefix}history`,
  /** Of a container that was made before anybody asked for it: what it was made with, as a fingerprint. */
  prepared: `${prefix}prepared`,
} as const;

const longestHost = 63;

/** One for each start of an instance: a name is taken until the container before is gone. */
export function containerName(instance: string, restarts: number): string {
  return restarts === 0 ? `berth-${instance}` : `berth-${instance}-${restarts}`;
}

/** A name of its own: where it is found unusable, another is made for the same instance at once. */
export function preparedName(instance: string): string {
  return `${containerName(instance, 0)}-prepared`;
}

export function networkName(installation: string, { app, environment }: Scope): string {
  return `berth-${installation}-${app}-${environment}`;
}

/** The repository of an app's images on an engine, of this installation alone. */
export function imageRepository(installation: string, app: string): string {
  return `${imageRepositoryPrefix(installation)}${app}`;
}

export function imageRepositoryPrefix(installation: string): string {
  return `berth-${installation}/`;
}

/** What an instance calls itself: a name of DNS. */
export function hostName(instance: string): string {
  return instance.slice(0, longestHost).replace(/-+$/, "");
}
