import { chooseValues, type Environment, type HeldValues, holdValues, type Snapshot, valueIds } from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { readSources } from "./choose-config.ts";

/**
 * What a rollback to a release holds: variables of which another value is stored now than it has. Else the next deploy would bring back what
 * somebody has just got rid of. A value that was sealed anew, or set to the same again, is no other.
 */
export async function holdConfig(
  { store, vault }: Pick<DeployerDeps, "store" | "vault">,
  environment: Environment,
  { services, config = {} }: Snapshot,
): Promise<HeldValues> {
  const specs = services.map(({ spec }) => spec);
  const stored = chooseValues(specs, environment, await readSources({ store }, environment, undefined)).config;
  const restored = Object.fromEntries(specs.map(({ name }) => [name, config[name] ?? {}]));
  const values = await store.config.values(environment.app, [...valueIds(restored), ...valueIds(stored)]);
  const texts = new Map(values.map((value) => [value.id, vault.open(value)]));
  return holdValues(restored, stored, (a, b) => texts.get(a) === texts.get(b));
}
