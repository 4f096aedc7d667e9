import { BerthError } from "./errors.ts";
import type { ReleasedService, Snapshot } from "./release.ts";
import type { Scale } from "./service.ts";

/** How many instances of a service somebody has asked for besides berth.yaml. What is left out is as berth.yaml has it. */
export interface ScaleOverride {
  min?: number | undefined;
  max?: number | undefined;
}

/** By service, also of services that the release does not have just now. */
export type ScaleOverrides = Readonly<Record<string, ScaleOverride>>;

/** A change of the overrides of an environment. */
export interface ScaleChange {
  /** Forget all overrides first. */
  reset: boolean;
  /** By service: what is laid over its override so far; null: as berth.yaml has it. */
  services: Readonly<Record<string, ScaleOverride | null>>;
}

/**
 * A scale with an override on top. A bound that is overridden pushes the other one along; what then is one number, or may be zero, is not
 * scaled by load any more.
 */
export function overrideScale({ cpuPercent, ...declared }: Scale, override: ScaleOverride): Scale {
  const min = override.min ?? Math.min(declared.min, override.max ?? declared.min);
  const max = override.max ?? Math.max(declared.max, min);
  const isRange = min > 0 && min < max;
  return { ...declared, min, max, ...(cpuPercent !== undefined && isRange && { cpuPercent }) };
}

/** Services as a release has them: as they are declared, with the overrides on top. Those that they had before are gone. */
export function makeSnapshot(
  { services, release }: Pick<Snapshot, "services" | "release">,
  scales: ScaleOverrides,
): Snapshot {
  const scaled = services.map((service): ReleasedService => {
    const { spec, image } = service;
    const declared = declaredScale(service);
    const override = scales[spec.name];
    if (override === undefined) return { spec: { ...spec, scale: declared }, image };
    return { spec: { ...spec, scale: overrideScale(declared, override) }, image, declaredScale: declared };
  });
  return {
    services: scaled,
    ...(release !== undefined && { release }),
    ...(Object.keys(scales).length > 0 && { scales }),
  };
}

/** The scale of a service without overrides. */
export function declaredScale({ spec, declaredScale: declared }: ReleasedService): Scale {
  return declared ?? spec.scale;
}

/** A release's content with other overrides. Throws `not-found` for a service that it has not, `input.invalid` for bounds that cannot be. */
export function changeScales(snapshot: Snapshot, change: ScaleChange): Snapshot {
  const { services, scales = {} } = snapshot;
  const overrides = new Map(Object.entries(change.reset ? {} : scales));
  for (const [name, asked] of Object.entries(change.services)) {
    const service = services.find(({ spec }) => spec.name === name);
    if (service === undefined && !(asked === null && Object.hasOwn(scales, name))) throw unknownService(name, services);
    if (service === undefined || asked === null) overrides.delete(name);
    else overrides.set(name, mergeOverride(service, overrides.get(name) ?? {}, asked));
  }
  return makeSnapshot(snapshot, Object.fromEntries([...overrides].toSorted(([a], [b]) => (a < b ? -1 : 1))));
}

function mergeOverride(service: ReleasedService, before: ScaleOverride, asked: ScaleOverride): ScaleOverride {
  const { name } = service.spec;
  const min = asked.min ?? before.min;
  const max = asked.max ?? before.max;
  if (min !== undefined && max !== undefined && min > max) {
    throw new BerthError("input.invalid", `${name} cannot have at least ${min} and at most ${max} instances.`, {
      path: name,
      hint: `Say both: berth scale ${name} --min ${Math.min(min, max)} --max ${Math.max(min, max)}`,
    });
  }
  if (min === 0 && max !== 0 && declaredScale(service).cpuPercent !== undefined) {
    throw new BerthError("input.invalid", `${name} is scaled by load and cannot sleep: what sleeps has no load.`, {
      path: name,
      hint: `At least 1: berth scale ${name} --min 1`,
    });
  }
  return { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function unknownService(name: string, services: readonly ReleasedService[]): BerthError {
  return new BerthError("not-found", `What is live has no service ${JSON.stringify(name)}.`, {
    path: name,
    hint: `It has ${services.map(({ spec }) => spec.name).join(", ")}.`,
  });
}
