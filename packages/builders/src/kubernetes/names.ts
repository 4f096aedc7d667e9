import { createHash } from "node:crypto";

/** Names of all that builds make on a cluster. Every derived name is made here. */

export const container = { steps: "steps", berth: "berth" } as const;

export const fixedName = { quota: "builds", limits: "builds", pullLogin: "pull", isolation: "builds" } as const;

/** What labels of builds are called. The runtime's are others: it takes what carries those for its own. */
export const label = {
  /** The installation. */
  builds: "dev.berth/builds",
  app: "dev.berth/app",
  service: "dev.berth/service",
  build: "dev.berth/build",
} as const;

/** The namespace of all builds. An environment's has `--` in its name. */
export function namespaceName(prefix: string): string {
  return `${prefix}builds`;
}

/** Of a build's Job and its Secret: an app's name has 30 characters at the most, so it is short enough for its pod's, too. */
export function jobName(app: string, id: string): string {
  return `${app}-${id}`;
}

/** Of an app's cache volume. */
export function cacheName(app: string): string {
  return `cache-${app}`;
}

/** Of the nth container that copies a tool. */
export function copyName(tool: string): string {
  return `copy-${tool}`;
}

/** The folder of a copied tool. */
export function copiedFolder(top: string, tool: string, image: string): string {
  return `${top}/${tool}-${createHash("sha256").update(image).digest("hex").slice(0, 12)}`;
}
