import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import { scopeWords } from "@berth/core/light";
import type { Context } from "../context.ts";
import { exitCodes } from "../edge/exit-codes.ts";
import type { Outcome } from "../framework/command.ts";
import { columns, count } from "../framework/output.ts";
import { followToEnd } from "../operations.ts";
import { failureText } from "../views/operation.ts";
import type { ConfigPlace } from "./place.ts";

export interface AskedChange extends ConfigPlace {
  app: string;
  set: Record<string, string>;
  unset: readonly string[];
  release: boolean;
  /** A line at the end. */
  note: string | null;
}

/** Of so few the timelines are shown. */
const shownInFull = 2;

type Changed = Awaited<ReturnType<typeof send>>;

async function send(client: Client, { app, scope, service, set, unset, release }: AskedChange) {
  const json = { scope, service, set, unset: [...unset], release };
  return await (await client.api.apps[":app"].config.$post({ param: { app }, json })).json();
}

/** Sends a change, and waits until it is live wherever something restarts. */
export async function changeConfig(context: Context, change: AskedChange): Promise<Outcome> {
  const client = await context.client();
  const changed = await send(client, change);
  const rollouts = changed.environments.filter(({ operation }) => operation !== null).length;
  const show = rollouts > shownInFull ? () => undefined : context.terminal.say;
  const ended: (Changed["environments"][number] & { operation: Operation | null })[] = [];
  for (const each of changed.environments) {
    if (each.operation === null) ended.push(each);
    else {
      const followed = await followToEnd(context, client, each.operation, show);
      if (followed === null) return { exitCode: exitCodes.interrupted };
      ended.push({ ...each, operation: followed.operation });
    }
  }
  const { style } = context.terminal;
  const hasFailed = ended.some(({ operation }) => operation?.state === "failed");
  const keys = [...Object.keys(change.set), ...change.unset];
  const what = keys.length > 5 ? count(keys.length, "variable") : keys.join(", ");
  const verb = change.unset.length > 0 ? "unset" : "set";
  const lines = [
    `${style.green("✓")} ${what} ${keys.length === 1 ? "is" : "are"} ${verb} for ${scopeWords(change)}`,
    ...(ended.length === 0
      ? []
      : [columns(ended.map((each) => [`  ${each.environment}`, effectOf(each, change.service)]))]),
    ...(changed.later.length === 0 ? [] : [`  The next deploy brings it to ${changed.later.join(", ")}.`]),
    ...ended.flatMap(({ environment, operation }) =>
      operation?.state === "failed" ? [failureText(operation, `${environment} runs as before`, style)] : [],
    ),
    ...(Object.hasOwn(change.set, "PORT")
      ? [style.yellow("PORT is chosen by Berth for each instance: no service finds the one that is set.")]
      : []),
    ...(change.note === null ? [] : [style.dim(change.note)]),
  ];
  const json = { keys, scope: change.scope, service: change.service, environments: ended, later: changed.later };
  return { json, text: lines.join("\n"), ...(hasFailed && { exitCode: exitCodes.failed }) };
}

function effectOf(
  {
    restarts,
    takesEffect,
    lacksService,
    operation,
  }: Pick<Changed["environments"][number], "restarts" | "takesEffect" | "lacksService"> & {
    operation: Operation | null;
  },
  service: string | null,
): string {
  if (lacksService) return `has no service ${service}: nothing restarts`;
  if (!takesEffect) return "has its own, which wins: nothing restarts";
  if (operation === null) return "has this already: nothing restarts";
  if (operation.state === "failed") return "could not be started with it";
  return `${restarts.join(", ")} restarted, live as v${operation.version}`;
}
