import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import type { Outcome } from "./framework/command.ts";
import { followToEnd } from "./operations.ts";
import type { Scope } from "./scope.ts";
import { failureText } from "./views/operation.ts";

/** Deletes an environment with everything it has. `told` is what is said of it then. */
export async function deleteEnvironment(
  context: Pick<Context, "terminal" | "json" | "signal">,
  client: Client,
  scope: Scope,
  told: { done: string; failed: string },
): Promise<Outcome> {
  const route = client.api.apps[":app"].environments[":environment"];
  const begun: Operation = await (await route.$delete({ param: scope, query: { wait: 5 } })).json();
  const ended = begun.state === "running" ? await followToEnd(context, client, begun) : { operation: begun };
  if (ended === null) return { exitCode: exitCodes.interrupted };
  const { operation } = ended;
  if (operation.state === "succeeded") return { json: operation, text: told.done };
  const text = failureText(operation, told.failed, context.terminal.style);
  return { json: operation, text, exitCode: exitCodes.failed };
}
