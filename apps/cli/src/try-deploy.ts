import type { Operation } from "@berth/core";
import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import type { Outcome } from "./framework/command.ts";
import { followToEnd } from "./operations.ts";
import { type Scope, scopeText } from "./scope.ts";
import { sendFolder } from "./send-source.ts";
import { failureText } from "./views/operation.ts";

/** Says what a deploy of a folder would do, and whether it would come as far as a release. Throws `app.not-found`. */
export async function tryDeploy(context: Context, scope: Scope, folder: string): Promise<Outcome> {
  const client = await context.client();
  // A push would make it where it is missing.
  await client.api.apps[":app"].$get({ param: { app: scope.app } });
  const json = await sendFolder(context, scope, folder);
  const route = client.api.apps[":app"].environments[":environment"]["dry-run"];
  const begun: Operation = await (await route.$post({ param: scope, query: {}, json })).json();
  const ended = await followToEnd(context, client, begun);
  if (ended === null) return { exitCode: exitCodes.interrupted };
  const { operation, events } = ended;
  const { style } = context.terminal;
  const result = { operation, events };
  if (operation.state === "failed")
    return { json: result, text: failureText(operation, "It would fail", style), exitCode: exitCodes.failed };
  return { json: result, text: `${style.green("✓")} ${scopeText(scope)} is as it was: this was a dry run` };
}
