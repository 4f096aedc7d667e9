import type { Client } from "@berth/api/client";
import type { Context } from "../context.ts";
import { deleteEnvironment } from "../delete-environment.ts";
import type { Outcome } from "../framework/command.ts";
import type { Scope } from "../scope.ts";

/** The environment that is whoever asks alone, by name; null where they have none. */
export async function findOwn(client: Client, app: string): Promise<string | null> {
  const [{ person }, { items }] = await Promise.all([
    client.api.whoami.$get().then((answer) => answer.json()),
    client.api.apps[":app"].environments.$get({ param: { app } }).then((answer) => answer.json()),
  ]);
  return items.find(({ kind, createdBy }) => kind === "dev" && createdBy === person)?.name ?? null;
}

/** Removes it with everything it has. */
export async function removeOwn(
  context: Pick<Context, "terminal" | "json" | "signal">,
  client: Client,
  scope: Scope,
): Promise<Outcome> {
  const { app, environment } = scope;
  const told = { done: `Removed ${environment} of ${app}`, failed: `${environment} was not removed` };
  return await deleteEnvironment(context, client, scope, told);
}
