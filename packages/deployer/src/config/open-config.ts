import { BerthError, type ConfigValues, type ConfigVault, type Store, valueIds } from "@berth/core";

export interface OpenDeps {
  store: Pick<Store, "config">;
  vault: Pick<ConfigVault, "open">;
}

/** Texts by service and variable. */
export type OpenedConfig = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The values of a release, opened. `known` are texts by id that need no looking up. Throws `config.sealed` where one does not open, or is gone. */
export async function openConfig(
  { store, vault }: OpenDeps,
  app: string,
  config: ConfigValues,
  known: ReadonlyMap<string, string> = new Map(),
): Promise<OpenedConfig> {
  const wanted = valueIds(config).filter((id) => !known.has(id));
  const values = wanted.length === 0 ? [] : await store.config.values(app, wanted);
  const texts = new Map([...known, ...values.map((value) => [value.id, vault.open(value)] as const)]);
  const textOf = (id: string) => {
    const text = texts.get(id);
    if (text !== undefined) return text;
    throw new BerthError("config.sealed", `The value ${id} of ${app} is not there any more.`, {
      path: id,
      hint: "Set the variable anew, or restore the database: something else than Berth has changed it.",
    });
  };
  return Object.fromEntries(
    Object.entries(config).map(([service, ids]) => [
      service,
      Object.fromEntries(Object.entries(ids).map(([key, id]) => [key, textOf(id)])),
    ]),
  );
}
