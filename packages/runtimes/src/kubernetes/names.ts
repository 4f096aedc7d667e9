import { createHash } from "node:crypto";
import type { IdentifiedWorkload, Scope } from "@berth/core";

/** Names of all that this runtime makes on a cluster. Every derived name is made here. */

/** A label of DNS, which names of most kinds of objects have to be. */
const maxLength = 63;
const scopeHashLength = 12;
const workloadHashLength = 12;

export const containerName = "app";
export const fillContainerName = "fill";
/** Of the port of a container, and of a Service. */
export const portName = "http";
/** Where a service is asked for by its name alone: `http://api`. */
export const servicePort = 80;

/** One of each in a namespace. */
export const fixedName = {
  serviceAccount: "app",
  quota: "environment",
  limits: "environment",
  pullLogin: "pull",
  ingress: "routes",
  denyAll: "deny-all",
  allowIn: "allow-in",
  allowOut: "allow-out",
} as const;

/**
 * The namespace of an environment. An app's name has no `--` and an environment's neither, so two of them never make the
 * same text; `---` is in no such text, so one with a hash is none of them.
 */
export function namespaceName(prefix: string, { app, environment }: Scope): string {
  const name = `${prefix}${app}--${environment}`;
  if (name.length <= maxLength) return name;
  const hash = sha256(`${app}--${environment}`).slice(0, scopeHashLength);
  const head = name.slice(0, maxLength - scopeHashLength - "---".length).replace(/-+$/, "");
  return `${head}---${hash}`;
}

/** Of the Deployment, its Secret, its budget and its autoscaler: short enough for the names of pods to show all of it. */
export function workloadName({ service, id }: Pick<IdentifiedWorkload, "service" | "id">): string {
  return `${service}-${id.slice(0, workloadHashLength)}`;
}

/** By which neighbours know a service, whatever release is live. */
export function neighbourName(service: string): string {
  return service;
}

/** The addresses of the routers of one family, as the Service of a neighbour has them. */
export function routersName(service: string, family: "IPv4" | "IPv6"): string {
  return `${service}-routers-${family.toLowerCase()}`;
}

/** What lets the world in to a service with routes, where no router stands before it. */
export function allowRoutesName(service: string): string {
  return `allow-routes-${service}`;
}

/** The volume of the nth writable folder. */
export function writableName(index: number): string {
  return `writable-${index}`;
}

/** What a label can hold of a text: all of it, or its beginning with a hash. */
export function labelValue(text: string): string {
  if (text.length <= maxLength) return text;
  return `${text.slice(0, maxLength - 1 - scopeHashLength).replace(/[^A-Za-z0-9]+$/, "")}-${sha256(text).slice(0, scopeHashLength)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
