import type { Client } from "@berth/api/client";
import type { Drill, Operation, RollbackCheck, Scope } from "@berth/core";
import { BerthError } from "@berth/core/errors";
import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import { endedByCtrlC } from "./ended-by-ctrl-c.ts";
import type { Outcome } from "./framework/command.ts";
import { followToEnd } from "./operations.ts";
import { scopeText } from "./scope.ts";
import { drillText } from "./views/drill.ts";
import { failureText } from "./views/operation.ts";
import { verdictText } from "./views/verdict.ts";

/** Says whether a rollback is safe, then runs what it would return to beside what is live. Ctrl-C ends that, with what it has started. */
export async function drillRelease(
  context: Context,
  client: Client,
  verdict: RollbackCheck,
  how: { paths: string[]; workers: boolean },
): Promise<Outcome> {
  const { terminal, json, signal } = context;
  const { app, environment, version, canForce } = verdict;
  const { style } = terminal;
  if (!canForce) {
    const result = { verdict, operation: null, drill: null };
    return { json: result, text: verdictText(verdict, style), exitCode: exitCodes.failed };
  }
  if (!json) terminal.say(verdictText(verdict, style));
  const scope: Scope = { app, environment };
  const route = client.api.apps[":app"].environments[":environment"].drills;
  const begun: Operation = await (await route.$post({ param: scope, query: {}, json: { version, ...how } })).json();
  const ended = await endedByCtrlC(context, client, begun.id, (patience) =>
    followToEnd({ terminal, json, signal: patience }, client, begun),
  );
  if (ended === null) return { exitCode: exitCodes.interrupted };
  const { operation } = ended;
  const drill = await findDrill(client, scope, operation.id);
  const result = { verdict, operation, drill };
  const hasFailed = operation.state === "failed";
  const exitCode = signal.aborted ? exitCodes.interrupted : hasFailed ? exitCodes.failed : exitCodes.ok;
  const text = hasFailed || drill === null ? failureText(operation, scopeText(scope), style) : drillText(drill, style);
  return { json: result, text, exitCode };
}

/** How it went; null where it did not come to that. */
async function findDrill(client: Client, scope: Scope, operation: string): Promise<Drill | null> {
  const route = client.api.apps[":app"].environments[":environment"].drills[":operation"];
  try {
    return await (await route.$get({ param: { ...scope, operation } })).json();
  } catch (thrown) {
    if (thrown instanceof BerthError && thrown.code === "not-found") return null;
    throw thrown;
  }
}
