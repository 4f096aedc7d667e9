import type { EnvironmentKind } from "../app.ts";
import type { ServiceSpec } from "../service.ts";
import { type ConfigEntry, type GeneratedValue, scopesOf } from "./entry.ts";

/** Which stored values the services of a release run with: by service and variable, the id of the value. */
export type ConfigValues = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * A setting that was rolled back: as long as what is stored is still `instead` (null: nothing), the environment goes on with `use` (null:
 * without it), so that the next deploy does not bring back what somebody has just got rid of.
 */
export interface HeldValue {
  instead: string | null;
  use: string | null;
}

/** By service and variable. */
export type HeldValues = Readonly<Record<string, Readonly<Record<string, HeldValue>>>>;

/** What is stored for the environments of an app. */
export interface ConfigSources {
  entries: readonly ConfigEntry[];
  /** Of the environment. */
  generated: readonly GeneratedValue[];
  held?: HeldValues | undefined;
}

export interface ChosenValues {
  config: ConfigValues;
  /** What of `held` is still in force. */
  held: HeldValues;
  /** What has to be drawn first. */
  toDraw: readonly { service: string | null; key: string; bytes: number }[];
}

/**
 * The stored values of an environment's services. Over what berth.yaml says, which `generate` is part of, the scope that is narrower wins:
 * all, then previews, then the environment itself; in one scope a setting of the service wins over one of all services.
 */
export function chooseValues(
  services: readonly Pick<ServiceSpec, "name" | "rules">[],
  environment: { name: string; kind: EnvironmentKind },
  { entries, generated, held = {} }: ConfigSources,
): ChosenValues {
  const ranks = new Map(scopesOf(environment).map((scope, rank) => [scope, rank]));
  const concerning = entries
    .filter(({ scope }) => ranks.has(scope))
    .toSorted((a, b) => ranks.get(a.scope)! - ranks.get(b.scope)! || rankOf(a) - rankOf(b));
  const toDraw = new Map<string, { service: string | null; key: string; bytes: number }>();
  const config: Record<string, Record<string, string>> = {};
  const inForce: Record<string, Record<string, HeldValue>> = {};
  for (const { name, rules = {} } of services) {
    const values: Record<string, string> = {};
    for (const { service, key, value } of concerning) if (service === null || service === name) values[key] = value;
    for (const [key, { generate, isShared = false }] of Object.entries(rules)) {
      if (generate === undefined || Object.hasOwn(values, key)) continue;
      const service = isShared ? null : name;
      const drawn = generated.find((each) => each.service === service && each.key === key);
      if (drawn === undefined) toDraw.set(`${service ?? ""}/${key}`, { service, key, bytes: generate });
      else values[key] = drawn.value;
    }
    for (const [key, hold] of Object.entries(held[name] ?? {})) {
      if (valueOf(values, key) !== hold.instead) continue;
      if (hold.use === null) delete values[key];
      else values[key] = hold.use;
      (inForce[name] ??= {})[key] = hold;
    }
    config[name] = values;
  }
  // Of services that are not there now it is not known what they would have.
  const others = Object.entries(held).filter(([name]) => !Object.hasOwn(config, name));
  return { config, held: { ...Object.fromEntries(others), ...inForce }, toDraw: [...toDraw.values()] };
}

/** Null: none. A variable may be called as what every object has, such as `toString`. */
function valueOf(values: Readonly<Record<string, string>>, key: string): string | null {
  return Object.hasOwn(values, key) ? values[key]! : null;
}

function rankOf({ service }: Pick<ConfigEntry, "service">): number {
  return service === null ? 0 : 1;
}

/**
 * What a rollback holds: where its release has another value than what is stored now would give. `isSame` says whether two values say the
 * same, which needs no holding.
 */
export function holdValues(
  restored: ConfigValues,
  stored: ConfigValues,
  isSame: (a: string, b: string) => boolean,
): HeldValues {
  const held: Record<string, Record<string, HeldValue>> = {};
  for (const [service, use] of Object.entries(restored)) {
    const now = stored[service] ?? {};
    for (const key of new Set([...Object.keys(use), ...Object.keys(now)])) {
      const [before, after] = [valueOf(use, key), valueOf(now, key)];
      if (before === after || (before !== null && after !== null && isSame(before, after))) continue;
      (held[service] ??= {})[key] = { instead: after, use: before };
    }
  }
  return held;
}

/** Without what is held of these variables though nothing is stored: somebody has just said that it is to be so. */
export function releaseHeld(
  held: HeldValues,
  { service, keys }: { service: string | null; keys: ReadonlySet<string> },
): HeldValues {
  return Object.fromEntries(
    Object.entries(held).map(([name, values]) => [
      name,
      service === null || service === name
        ? Object.fromEntries(Object.entries(values).filter(([key, { instead }]) => instead !== null || !keys.has(key)))
        : values,
    ]),
  );
}

/** The ids of all values that a release names, once each. */
export function valueIds(config: ConfigValues = {}, held: HeldValues = {}): string[] {
  const used = Object.values(held).flatMap((values) => Object.values(values).map(({ use }) => use));
  const chosen = Object.values(config).flatMap((values) => Object.values(values));
  return [...new Set([...chosen, ...used].filter((id) => id !== null))];
}
