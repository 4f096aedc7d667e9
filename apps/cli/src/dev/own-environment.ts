import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import type { Context } from "../context.ts";
import { followToEnd } from "../operations.ts";

/** The environment that is whoever asks alone, by name; null where they have none. */
export async function findOwn(client: Client, app: string): Promise<string | null> {
  const [{ person }, { items }] = await Promise.all([
    client.api.whoami.$get().then((answer) => answer.json()),
    client.api.apps[":app"].environments.$get({ param: { app } }).then((answer) => answer.json()),
  ]);
  return items.find(({ kind, createdBy }) => kind === "dev" && createdBy === person)?.name ?? null;
}

/** Removes it with everything it has. Null where Ctrl-C came first. */
export async function removeOwn(
  context: Pick<Context, "terminal" | "json" | "signal">,
  client: Client,
  scope: { app: string; environment: string },
): Promise<Operation | null> {
  const route = client.api.apps[":app"].environments[":environment"];
  const begun: Operation = await (await route.$delete({ param: scope, query: { wait: 5 } })).json();
  if (begun.state !== "running") return begun;
  return (await followToEnd(context, client, begun))?.operation ?? null;
}
