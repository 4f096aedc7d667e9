import type { Client } from "@berth/api/client";
import { exitCodes } from "../../edge/exit-codes.ts";
import type { Context } from "../../context.ts";
import { defineCommand } from "../../framework/command.ts";
import { duration, moment } from "../../framework/units.ts";
import { usageError } from "../../framework/usage-error.ts";
import { followToEnd } from "../../operations.ts";
import { scopeText } from "../../scope.ts";
import { failureText } from "../../views/operation.ts";

export const command = defineCommand({
  description: "Each phase with how long it took, and the output of builds. One that goes on is followed to its end.",
  arguments: { id: { about: "The operation; otherwise the app's newest", required: false, completes: "operations" } },
  options: {},
  examples: [
    { line: "berth operations show", about: "The last deploy or rollback of this folder's app" },
    { line: "berth operations show op_01kdv9z3b4 --json", about: "All of it" },
  ],
  async run({ args }, context) {
    const client = await context.client();
    const id = args.id ?? (await newestOf(context, client));
    const { terminal, json } = context;
    const { style } = terminal;
    const begun = await (await client.api.operations[":id"].$get({ param: { id } })).json();
    const { kind, actor, startedAt } = begun;
    if (!json) terminal.print(style.bold(`${kind} of ${scopeText(begun)} by ${actor}, ${moment(startedAt)}`));
    const followed = await followToEnd(context, client, begun, terminal.print);
    if (followed === null) return { exitCode: exitCodes.interrupted };
    const { operation: ended, events } = followed;
    const took = duration((ended.finishedAt ?? startedAt) - startedAt);
    const end =
      ended.state === "failed"
        ? failureText(ended, `Failed after ${took}`, style)
        : `${style.green("✓")} Done in ${took}${ended.version === null ? "" : `: v${ended.version}`}`;
    return { json: { ...ended, events }, text: end };
  },
});

async function newestOf(context: Context, client: Client): Promise<string> {
  const app = await context.app();
  const { items } = await (await client.api.operations.$get({ query: { app, limit: 1 } })).json();
  if (items[0] !== undefined) return items[0].id;
  throw usageError(`Nothing was done with ${app} yet.`, "Deploy it: git push berth main, or berth deploy");
}
