import type { Command } from "./command.ts";
import { makeSnapshot, type ScaleOverride, type ServiceOverride, type ServiceOverrides } from "./overrides.ts";
import { canonicalJson } from "./workload.ts";
import type { ReleasedService, Snapshot } from "./release.ts";
import { changeScales } from "./scale.ts";
import type { Scale } from "./service.ts";

/** What somebody has made of a service by hand, in words that berth.yaml has, too. */
export type HandChange =
  | { kind: "instances"; count: number }
  /** Bounds of what is scaled by load. */
  | ({ kind: "scale" } & ScaleOverride)
  /** By name; null: it was taken away. */
  | { kind: "variables"; env: Readonly<Record<string, string | null>> }
  | { kind: "resources"; cpuMillis?: number; memoryBytes?: number }
  | { kind: "command"; command: Command }
  | { kind: "health"; path: string };

export interface ServiceChange {
  service: string;
  change: HandChange;
}

/** A release's content with changes as overrides on top, later ones winning. Throws what `changeScales` throws. */
export function adoptChanges(snapshot: Snapshot, changes: readonly ServiceChange[]): Snapshot {
  return changes.reduce((now, { service, change }) => {
    const scale = scaleOf(change, now.services.find(({ spec }) => spec.name === service)?.spec.scale);
    if (scale !== null) return changeScales(now, { reset: false, services: { [service]: scale } });
    const override = mergeOverride(now.adopted?.[service] ?? {}, change);
    return makeSnapshot(now, { scales: now.scales, adopted: { ...now.adopted, [service]: override } });
  }, snapshot);
}

/** A release's content without what was adopted; `berth scale --reset` is for the scale. */
export function forgetAdopted(snapshot: Snapshot): Snapshot {
  return makeSnapshot(snapshot, { scales: snapshot.scales });
}

/** Of what has a range, instances by hand are its least; else they are the number there is. */
function scaleOf(change: HandChange, scale: Scale | undefined): ScaleOverride | null {
  if (change.kind === "scale") {
    const { min, max } = change;
    return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
  }
  if (change.kind !== "instances") return null;
  const { count } = change;
  const hasRange = scale !== undefined && scale.min < scale.max && count > 0;
  return { min: count, max: hasRange ? Math.max(count, scale.max) : count };
}

function mergeOverride(before: ServiceOverride, change: HandChange): ServiceOverride {
  if (change.kind === "variables") return { ...before, env: { ...before.env, ...change.env } };
  if (change.kind === "command") return { ...before, command: change.command };
  if (change.kind === "health") return { ...before, healthPath: change.path };
  if (change.kind !== "resources") return before;
  const { cpuMillis, memoryBytes } = change;
  const resources = {
    ...(cpuMillis !== undefined && { cpuMillis }),
    ...(memoryBytes !== undefined && { memoryBytes }),
  };
  return { ...before, resources: { ...before.resources, ...resources } };
}

/** What was adopted, without what services say by themselves now: that has come into berth.yaml. Of services that are not there all stays. */
export function withoutRedundant(
  services: readonly ReleasedService[],
  adopted: ServiceOverrides = {},
): { adopted: ServiceOverrides; redundant: ServiceOverrides } {
  const specs = new Map(services.map(({ spec }) => [spec.name, spec]));
  const kept: Record<string, ServiceOverride> = {};
  const redundant: Record<string, ServiceOverride> = {};
  for (const [service, override] of Object.entries(adopted)) {
    const spec = specs.get(service);
    const isSaid = (part: ServiceOverride) =>
      spec !== undefined && canonicalJson(partOf(spec, part)) === canonicalJson(part);
    const parts = splitOverride(override);
    const merge = (some: ServiceOverride[]) => some.reduce(joinOverrides, {});
    const [said, unsaid] = [parts.filter(isSaid), parts.filter((part) => !isSaid(part))];
    if (said.length > 0) redundant[service] = merge(said);
    if (unsaid.length > 0) kept[service] = merge(unsaid);
  }
  return { adopted: kept, redundant };
}

/** An override as overrides of one thing each. */
function splitOverride({ env = {}, resources = {}, command, healthPath }: ServiceOverride): ServiceOverride[] {
  return [
    ...Object.entries(env).map(([name, value]) => ({ env: { [name]: value } })),
    ...Object.entries(resources).map(([name, value]) => ({ resources: { [name]: value } })),
    ...(command === undefined ? [] : [{ command }]),
    ...(healthPath === undefined ? [] : [{ healthPath }]),
  ];
}

function joinOverrides(a: ServiceOverride, b: ServiceOverride): ServiceOverride {
  return {
    ...a,
    ...b,
    ...((a.env ?? b.env) !== undefined && { env: { ...a.env, ...b.env } }),
    ...((a.resources ?? b.resources) !== undefined && { resources: { ...a.resources, ...b.resources } }),
  };
}

/** What a service has where an override of one thing has something. */
function partOf(spec: ReleasedService["spec"], { env, resources, command, healthPath }: ServiceOverride) {
  const of = <T>(names: object, from: Readonly<Record<string, T | undefined>>) =>
    Object.fromEntries(Object.keys(names).map((name) => [name, from[name] ?? null]));
  return {
    ...(env !== undefined && { env: of(env, spec.env) }),
    ...(resources !== undefined && { resources: of(resources, { ...spec.resources }) }),
    ...(command !== undefined && { command: spec.command }),
    ...(healthPath !== undefined && { healthPath: spec.health.path }),
  };
}
