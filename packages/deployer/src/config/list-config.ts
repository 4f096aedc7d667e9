import {
  type Actor,
  BerthError,
  type ConfigListing,
  type ListedSetting,
  type RevealedSetting,
  type RevealRequest,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";

/** What is set for an app and was drawn for its environments, and where a rollback holds something back. No values. */
export async function listConfig({ store }: Pick<DeployerDeps, "store">, app: string): Promise<ConfigListing> {
  const environments = await store.environments.list(app);
  const entries = (await store.config.list(app)).map((entry): ListedSetting => ({ ...entry, isGenerated: false }));
  const held: ConfigListing["held"][number][] = [];
  for (const { name: environment, live } of environments) {
    const scope = { app, environment };
    for (const { drawnAt, ...drawn } of await store.config.generated(scope))
      entries.push({ ...drawn, scope: environment, setAt: drawnAt, setBy: null, isGenerated: true });
    const release = live === null ? null : await store.releases.get(scope, live);
    for (const [service, values] of Object.entries(release?.snapshot.held ?? {}))
      for (const [key, { use }] of Object.entries(values))
        held.push({ environment, service, key, isUnset: use === null });
  }
  return { items: entries, held };
}

/** The same with values, of the keys that are asked for or all. The audit has who has seen which. Throws `not-found` for a key that is not set. */
export async function revealConfig(
  deps: Pick<DeployerDeps, "store" | "vault">,
  { app, scope, keys }: RevealRequest,
  actor: Actor,
): Promise<RevealedSetting[]> {
  const { items } = await listConfig(deps, app);
  const wanted = items.filter(
    (item) => (scope === null || item.scope === scope) && (keys === null || keys.includes(item.key)),
  );
  const missing = keys?.find((key) => !wanted.some((item) => item.key === key));
  if (missing !== undefined)
    throw new BerthError("not-found", `${missing} is not set${scope === null ? "" : ` for ${scope}`}.`, {
      path: missing,
      hint: "`berth config list` shows what is set where.",
    });
  const values = await deps.store.config.values(
    app,
    wanted.map(({ value }) => value),
  );
  const texts = new Map(values.map((value) => [value.id, deps.vault.open(value)]));
  // First what is kept of it, then what is shown.
  const detail = wanted.map((item) => `${item.key} of ${item.scope}`).join(", ") || "nothing";
  await deps.store.audit.append({ person: actor.person, action: "config.reveal", app, environment: null, detail });
  return wanted.flatMap(({ value: id, ...item }) => {
    const value = texts.get(id);
    return value === undefined ? [] : [{ ...item, value }];
  });
}
