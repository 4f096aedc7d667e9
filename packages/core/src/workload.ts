import { createHash, createHmac } from "node:crypto";
import type { Digest } from "./artifact.ts";
import type { Command } from "./command.ts";
import { resolveReferences } from "./config/references.ts";
import type { Cron } from "./cron.ts";
import type { ReleasedService } from "./release.ts";
import type { HealthCheck, Resources } from "./service.ts";

/** What a runtime is asked to run: one service of a release, fully resolved. Who, when, which release and how many are not in it. */
export interface Workload {
  app: string;
  environment: string;
  /** The registered cluster that it runs on; missing: where the settings have apps run. */
  cluster?: string;
  service: string;
  /** What has a schedule has no instances: it runs as tasks. */
  kind: "service" | "task" | "cron";
  /** Of a `cron` alone. */
  cron?: Cron;
  image: Digest;
  command: Command;
  /** Everything an instance finds in its environment but PORT, which differs per instance. */
  env: Record<string, string>;
  resources: Resources;
  /** Null: it does not listen, and is ready when it has lived for a while. */
  health: HealthCheck | null;
  stopGraceMs: number;
}

/** A workload with the id that names it. */
export interface IdentifiedWorkload extends Workload {
  id: string;
}

/**
 * The id of a workload: the hash of exactly its content and place, 20 hex digits. Values of variables go in as an HMAC
 * under the installation's key: a plain hash of a secret could be guessed from the id.
 */
export function workloadId(workload: Workload, installationKey: Uint8Array): string {
  const env = Object.fromEntries(
    Object.entries(workload.env).map(([name, value]) => [
      name,
      createHmac("sha256", installationKey).update(value).digest("hex"),
    ]),
  );
  return createHash("sha256")
    .update(canonicalJson({ ...workload, env }))
    .digest("hex")
    .slice(0, 20);
}

/** JSON with sorted keys and no white space: equal values, equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** The variable by which a service reaches its neighbour: `api-v2` is at BERTH_URL_API_V2. */
export function neighbourVariable(service: string): string {
  return `BERTH_URL_${service.toUpperCase().replaceAll("-", "_")}`;
}

export interface Place {
  app: string;
  environment: string;
  /** A registered cluster; null: where the settings have apps run, which is in no id. */
  cluster: string | null;
  /** Base URLs of all listening services of the environment, constant per environment and service. */
  neighbours: Readonly<Record<string, string>>;
  /** What is stored for the variables of each service, opened. Missing: of a release that was made before, whose variables refer to nothing. */
  config?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined;
}

/** The workload of a released service in its place, with its id. */
export function makeWorkload(service: ReleasedService, place: Place, installationKey: Uint8Array): IdentifiedWorkload {
  const workload = describeWorkload(service, place);
  return { ...workload, id: workloadId(workload, installationKey) };
}

/** The same without its id. Throws what `variablesOf` throws. */
export function describeWorkload(service: ReleasedService, place: Place): Workload {
  const { spec, image } = service;
  return {
    app: place.app,
    environment: place.environment,
    ...(place.cluster !== null && { cluster: place.cluster }),
    service: spec.name,
    kind: spec.cron === undefined ? "service" : "cron",
    ...(spec.cron !== undefined && { cron: spec.cron }),
    image,
    command: spec.command,
    env: variablesOf(service, place),
    resources: spec.resources,
    health: spec.listens ? spec.health : null,
    stopGraceMs: spec.stopGraceMs,
  };
}

/**
 * All that an instance finds in its environment but PORT: what Berth sets, under what the release has, under what is stored for it, under what
 * was changed by hand and adopted. Throws `config.invalid` where one refers to what is not there.
 */
export function variablesOf(
  { spec, declared }: Pick<ReleasedService, "spec" | "declared">,
  place: Place,
): Record<string, string> {
  const urls = Object.entries(place.neighbours)
    .filter(([name]) => name !== spec.name)
    .map(([name, url]) => [neighbourVariable(name), url]);
  const own: Record<string, string> = {
    ...Object.fromEntries(urls),
    BERTH_APP: place.app,
    BERTH_ENVIRONMENT: place.environment,
    BERTH_SERVICE: spec.name,
  };
  if (place.config === undefined) return { ...own, ...spec.env };
  const stored = place.config[spec.name] ?? {};
  const adopted = Object.keys(declared?.env ?? {});
  const variables: Record<string, string> = { ...own, ...spec.env, ...stored };
  for (const name of adopted) {
    if (Object.hasOwn(spec.env, name)) variables[name] = spec.env[name]!;
    else delete variables[name];
  }
  return resolveReferences(variables, {
    literal: new Set([...Object.keys(own).filter((name) => spec.env[name] === undefined), ...adopted]),
    secret: new Set(Object.keys(stored)),
    services: place.neighbours,
  });
}
