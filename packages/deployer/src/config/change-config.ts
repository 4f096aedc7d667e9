import {
  type Actor,
  BerthError,
  type ConfigChange,
  type ConfigChanged,
  type ConfigEntry,
  type ConfigName,
  type Environment,
  type Release,
  scopesOf,
  scopeWords,
  type StartedOperation,
  valueIds,
  whyNotSettable,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { readSources } from "./choose-config.ts";
import { changeRefused, findProblems } from "./check-config.ts";
import { type DecidedKeys, planConfig } from "./plan-config.ts";

/** An environment with what it serves. */
interface Concerned {
  environment: Environment;
  live: Release;
}

/**
 * Stores a change of settings, and begins a release of it in each environment where something runs otherwise with it. What would leave
 * one without a variable that its berth.yaml asks for is refused, and nothing is stored. A crash after that leaves it to the next deploy.
 */
export async function changeConfig(
  deps: DeployerDeps,
  begin: (environment: Environment, decided: DecidedKeys) => Promise<StartedOperation>,
  change: ConfigChange,
  actor: Actor,
): Promise<ConfigChanged> {
  const { store, vault } = deps;
  const { app, scope, service, set, unset, release } = change;
  for (const [key, value] of Object.entries(set)) {
    const why = whyNotSettable(key, value);
    if (why !== null) throw new BerthError("input.invalid", why, { path: key });
  }
  const concerned = await listConcerned(deps, change);
  const named = (key: string): ConfigName => ({ scope, service, key });
  const keys = Object.keys(set);
  const before = await store.config.list(app);
  if (unset.length > 0) await requireSet(deps, unset.map(named), { app, before, concerned });
  const fresh = await vault.seal(app, Object.values(set), async (values) => {
    const entries = keys.map((key, index) => ({ ...named(key), value: values[index]! }));
    const removed = unset.map(named);
    if (release) {
      const texts = new Map(values.map(({ id }, index) => [id, set[keys[index]!]!]));
      const added = entries.map(({ value, ...entry }) => ({ ...entry, value: value.id, setAt: 0, setBy: "" }));
      const names = new Set([...entries, ...removed].map(({ key }) => key));
      const changed = new Set([...added, ...removed].map(nameKey));
      const after = [...before.filter((entry) => !changed.has(nameKey(entry))), ...added];
      for (const each of concerned) await requireFit(deps, each, after, texts, names);
    }
    await store.config.change(app, { set: entries, unset: removed }, actor);
    return new Set(values.map(({ id }) => id));
  });
  const decided: DecidedKeys = { service, keys: new Set([...keys, ...unset]) };
  const environments: ConfigChanged["environments"][number][] = [];
  for (const { environment } of release ? concerned : []) {
    const { restarts, snapshot } = await planConfig(deps, environment, decided);
    const operation = restarts.length === 0 ? null : (await begin(environment, decided)).operation;
    const takesEffect = keys.length === 0 || valueIds(snapshot.config).some((id) => fresh.has(id));
    const lacksService = service !== null && !snapshot.services.some(({ spec }) => spec.name === service);
    environments.push({ environment: environment.name, restarts, takesEffect, lacksService, operation });
  }
  return { environments, later: release ? [] : concerned.map(({ environment }) => environment.name) };
}

/** Where something is live that has its settings from this scope. */
async function listConcerned(
  { store }: Pick<DeployerDeps, "store">,
  { app, scope }: Pick<ConfigChange, "app" | "scope">,
): Promise<Concerned[]> {
  const all = (await store.environments.list(app)).filter((environment) => scopesOf(environment).includes(scope));
  const found = await Promise.all(
    all.map(async (environment) => {
      const { live: version, name } = environment;
      const live = version === null ? null : await store.releases.get({ app, environment: name }, version);
      return live === null ? [] : [{ environment, live }];
    }),
  );
  return found.flat();
}

/** Throws where one of the names is set nowhere that unsetting it would change. */
async function requireSet(
  { store }: Pick<DeployerDeps, "store">,
  names: readonly ConfigName[],
  { app, before, concerned }: { app: string; before: readonly ConfigEntry[]; concerned: readonly Concerned[] },
): Promise<void> {
  const there = new Set(before.map(nameKey));
  for (const name of names) {
    const { scope, service, key } = name;
    if (there.has(nameKey(name))) continue;
    const drawn = await store.config.generated({ app, environment: scope });
    if (drawn.some((each) => each.service === service && each.key === key)) continue;
    if (concerned.some(({ live }) => Object.values(live.snapshot.held ?? {}).some((held) => Object.hasOwn(held, key))))
      continue;
    const elsewhere = before.filter((entry) => entry.key === key).map(scopeWords);
    throw new BerthError("not-found", `${key} is not set for ${scopeWords(name)}.`, {
      path: key,
      hint:
        elsewhere.length === 0
          ? "`berth config list` shows what is set; what berth.yaml has is changed there."
          : `It is set for ${elsewhere.join(", and for ")}.`,
    });
  }
}

/** Throws where a live release would lack one of these variables, or find it as it must not be. */
async function requireFit(
  deps: DeployerDeps,
  { environment, live }: Concerned,
  entries: readonly ConfigEntry[],
  texts: ReadonlyMap<string, string>,
  keys: ReadonlySet<string>,
): Promise<void> {
  const sources = { ...(await readSources(deps, environment, live.snapshot.held)), entries };
  const problems = await findProblems(deps, environment, live.snapshot.services, sources, texts);
  const own = problems.filter(({ key }) => keys.has(key));
  if (own.length > 0) throw changeRefused(environment, own);
}

/** The same for the same setting: no name of a scope, a service or a variable has a space. */
function nameKey({ scope, service, key }: ConfigName): string {
  return `${scope} ${service ?? ""} ${key}`;
}
