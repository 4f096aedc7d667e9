import { layVariables, type Variables } from "./config/rules.ts";
import type { Scale, ServiceSpec } from "./service.ts";

/** What berth.yaml says of previews, with every default filled in. */
export interface PreviewRules {
  /** How long one stays without being used; null: for good. */
  ttlMs: number | null;
  /** How many an app has at most. */
  cap: number;
  /** Those that a preview runs; null: all. */
  services: readonly string[] | null;
  /** On top of what the services say themselves. */
  env: Variables;
  /** Whether they sleep while nobody asks for them, whatever `scale.min` says. */
  sleep: boolean;
  /** Whether only who was given a link sees them. */
  isProtected: boolean;
}

export const defaultPreviews: PreviewRules = {
  ttlMs: 7 * 86_400_000,
  cap: 50,
  services: null,
  env: {},
  sleep: true,
  isProtected: false,
};

/** A service as a preview runs it. What has a schedule keeps it: whether that holds here is its own to say. */
export function asPreview(spec: ServiceSpec, { env, sleep }: PreviewRules): ServiceSpec {
  const { env: variables, rules } = layVariables(spec, env, true);
  const own = { ...spec, env: variables, rules };
  if (!sleep || spec.cron !== undefined) return own;
  return { ...own, scale: spec.listens ? sleepingScale(spec.scale) : workerScale(spec.scale) };
}

/** What production has running all the time a preview wakes for whoever asks. What sleeps has no load of processors to be scaled by. */
function sleepingScale({ cpuPercent: _, ...scale }: Scale): Scale {
  return { ...scale, min: 0 };
}

/** Nobody asks a worker for anything: it is awake with those that are asked, one instance of it, without asking how much waits. */
function workerScale({ cpuPercent: _, metric, ...scale }: Scale): Scale {
  const count = metric === undefined ? Math.min(1, scale.min) : 1;
  return { ...scale, min: count, max: count, whileAwake: true };
}
