import type { Command } from "./command.ts";
import type { ReleasedService, Snapshot } from "./release.ts";
import { followLoad, type Resources, type Scale, type ServiceSpec } from "./service.ts";

/** How many instances of a service somebody has asked for besides berth.yaml. What is left out is as berth.yaml has it. */
export interface ScaleOverride {
  min?: number | undefined;
  max?: number | undefined;
}

/** By service, also of services that the release does not have just now. */
export type ScaleOverrides = Readonly<Record<string, ScaleOverride>>;

/** What of a service is otherwise than berth.yaml has it, besides its scale: it was changed by hand, and adopted. */
export interface ServiceOverride {
  /** Null: it is not set, though berth.yaml sets it. */
  env?: Readonly<Record<string, string | null>> | undefined;
  resources?: { cpuMillis?: number | undefined; memoryBytes?: number | undefined } | undefined;
  command?: Command | undefined;
  healthPath?: string | undefined;
}

/** By service, as `ScaleOverrides`. */
export type ServiceOverrides = Readonly<Record<string, ServiceOverride>>;

/** All overrides of an environment: a release is berth.yaml with these on top. */
export interface StoredOverrides {
  scales?: ScaleOverrides | undefined;
  adopted?: ServiceOverrides | undefined;
}

/**
 * A scale with an override on top. A bound that is overridden pushes the other one along; what then is one number, or may be zero, is not
 * scaled by use of processors any more, what is one number does not follow its metric, and what then has room for more instances follows its
 * load. How many requests an instance takes at once stays so.
 */
export function overrideScale(
  { cpuPercent, metric, target: _target, ...declared }: Scale,
  override: ScaleOverride,
  listens: boolean,
): Scale {
  const min = override.min ?? Math.min(declared.min, override.max ?? declared.min);
  const max = override.max ?? Math.max(declared.max, min);
  const scale = {
    ...declared,
    min,
    max,
    ...(cpuPercent !== undefined && min > 0 && min < max && { cpuPercent }),
    ...(metric !== undefined && min < max && { metric }),
  };
  return followLoad(scale, listens);
}

/** A service with an override on top. */
function overrideService(spec: ServiceSpec, override: ServiceOverride): ServiceSpec {
  const env = { ...spec.env, ...override.env };
  return {
    ...spec,
    command: override.command ?? spec.command,
    health: { ...spec.health, path: override.healthPath ?? spec.health.path },
    resources: overrideResources(spec.resources, override.resources ?? {}),
    env: Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== null)),
  };
}

function overrideResources(
  declared: Resources,
  { cpuMillis, memoryBytes }: NonNullable<ServiceOverride["resources"]>,
): Resources {
  return { cpuMillis: cpuMillis ?? declared.cpuMillis, memoryBytes: memoryBytes ?? declared.memoryBytes };
}

/** Of a service, what an override is on top of: laid over the result, it gives the service back. */
function underneath(spec: ServiceSpec, { env, resources, command, healthPath }: ServiceOverride): ServiceOverride {
  const names = Object.keys(env ?? {});
  return {
    ...(env !== undefined && { env: Object.fromEntries(names.map((name) => [name, spec.env[name] ?? null])) }),
    ...(resources !== undefined && {
      resources: {
        ...(resources.cpuMillis !== undefined && { cpuMillis: spec.resources.cpuMillis }),
        ...(resources.memoryBytes !== undefined && { memoryBytes: spec.resources.memoryBytes }),
      },
    }),
    ...(command !== undefined && { command: spec.command }),
    ...(healthPath !== undefined && { healthPath: spec.health.path }),
  };
}

/** A service as berth.yaml has it. */
export function declaredSpec({ spec, declaredScale, declared }: ReleasedService): ServiceSpec {
  const scaled = { ...spec, scale: declaredScale ?? spec.scale };
  return declared === undefined ? scaled : overrideService(scaled, declared);
}

/** A release's content: services as they are declared, with the overrides on top. Those that they had before are gone. */
export function makeSnapshot(
  { services, release, config, held }: Omit<Snapshot, keyof StoredOverrides>,
  { scales = {}, adopted = {} }: StoredOverrides,
): Snapshot {
  const overridden = services.map((service): ReleasedService => {
    const declared = declaredSpec(service);
    const scale = scales[declared.name];
    const override = adopted[declared.name];
    const scaled =
      scale === undefined ? declared : { ...declared, scale: overrideScale(declared.scale, scale, declared.listens) };
    return {
      spec: override === undefined ? scaled : overrideService(scaled, override),
      image: service.image,
      ...(scale !== undefined && { declaredScale: declared.scale }),
      ...(override !== undefined && { declared: underneath(declared, override) }),
    };
  });
  return {
    services: overridden,
    ...(release !== undefined && { release }),
    ...(config !== undefined && { config }),
    ...(held !== undefined && Object.keys(held).length > 0 && { held }),
    ...(Object.keys(scales).length > 0 && { scales }),
    ...(Object.keys(adopted).length > 0 && { adopted }),
  };
}
