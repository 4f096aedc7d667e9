import {
  type BerthError,
  type ChosenValues,
  chooseValues,
  type ConfigSources,
  type Environment,
  type HeldValues,
  production,
  type Scope,
  type ServiceSpec,
  type Snapshot,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";

type ConfigDeps = Pick<DeployerDeps, "store" | "vault" | "random">;

/** Where values are chosen for: an environment that may not be there yet. */
export type ConfigPlace = Pick<Environment, "app" | "name" | "kind">;

/** Where a scope is, or will be. */
export function placeOf({ app, environment: name }: Scope, there: Environment | null): ConfigPlace {
  return { app, name, kind: there?.kind ?? (name === production ? "production" : "preview") };
}

/** Content with these values, instead of those that it had. */
export function withValues(snapshot: Snapshot, { config, held }: Pick<ChosenValues, "config" | "held">): Snapshot {
  return { ...snapshot, config, held: Object.keys(held).length > 0 ? held : undefined };
}

/** The values that services would have now; what would have to be drawn is left out. */
export async function lookAtConfig(
  deps: Pick<ConfigDeps, "store">,
  place: ConfigPlace,
  services: readonly Pick<ServiceSpec, "name" | "rules">[],
  held: HeldValues | undefined,
): Promise<ChosenValues> {
  return chooseValues(services, place, await readSources(deps, place, held));
}

/** What is stored for an environment just now. */
export async function readSources(
  { store }: Pick<ConfigDeps, "store">,
  { app, name }: ConfigPlace,
  held: HeldValues | undefined,
): Promise<ConfigSources> {
  const [entries, generated] = await Promise.all([
    store.config.list(app),
    store.config.generated({ app, environment: name }),
  ]);
  return { entries, generated, held };
}

/** The values of services in an environment that is there. What has to be drawn is drawn, and stays. */
export async function chooseConfig(
  deps: ConfigDeps,
  place: ConfigPlace,
  services: readonly Pick<ServiceSpec, "name" | "rules">[],
  held: HeldValues | undefined,
): Promise<Pick<ChosenValues, "config" | "held">> {
  const sources = await readSources(deps, place, held);
  const chosen = chooseValues(services, place, sources);
  if (chosen.toDraw.length === 0) return chosen;
  const texts = chosen.toDraw.map(({ bytes }) => Buffer.from(deps.random.bytes(bytes)).toString("base64url"));
  const scope = { app: place.app, environment: place.name };
  const generated = await deps.vault.seal(place.app, texts, (values) =>
    deps.store.config.draw(
      scope,
      chosen.toDraw.map(({ service, key }, index) => ({ service, key, value: values[index]! })),
    ),
  );
  return chooseValues(services, place, { ...sources, generated });
}

const tries = 3;

/** Makes something of the values that are stored now. Where somebody changes them just then, and `make` finds one gone, it is done again. */
export async function withConfig<T>(
  deps: ConfigDeps,
  place: ConfigPlace,
  services: readonly Pick<ServiceSpec, "name" | "rules">[],
  held: HeldValues | undefined,
  make: (chosen: Pick<ChosenValues, "config" | "held">) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await make(await chooseConfig(deps, place, services, held));
    } catch (error) {
      if ((error as BerthError).code !== "conflict" || attempt === tries) throw error;
    }
  }
}
