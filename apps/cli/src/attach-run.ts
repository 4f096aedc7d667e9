import type { Client } from "@berth/api/client";
import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import type { Outcome } from "./framework/command.ts";
import { followRun, type OutputLine } from "./run-output.ts";
import { failureText } from "./views/operation.ts";

/** So long a command that was asked to end is waited for. */
const endMs = 30_000;

/** Shows what the command of a run prints, ends it with Ctrl-C, and comes to its exit code. */
export async function attachRun(context: Context, client: Client, id: string): Promise<Outcome> {
  const { terminal, json, signal } = context;
  const output: OutputLine[] = [];
  const patience = new AbortController();
  const cancel = async () => {
    terminal.say("Ending it.");
    setTimeout(() => patience.abort(), endMs).unref();
    // It may have ended by itself just now.
    await client.api.operations[":id"].cancel.$post({ param: { id } }).catch(() => undefined);
  };
  signal.addEventListener("abort", cancel, { once: true });
  if (signal.aborted) await cancel();
  const show = ({ stream, text }: OutputLine) => {
    if (json) output.push({ stream, text });
    else if (stream === "stdout") terminal.print(text);
    else terminal.say(text);
  };
  const operation = await followRun(client, id, show, patience.signal);
  signal.removeEventListener("abort", cancel);
  if (operation === null) {
    terminal.say(`It has not ended yet: berth operations show ${id}`);
    return { exitCode: exitCodes.interrupted };
  }
  const { error } = operation;
  // That of the command says enough, beside what it has printed.
  if (error !== null && error.exitCode === undefined && !json)
    terminal.say(
      failureText({ ...operation, error: { ...error, lines: [] } }, "It did not run to its end", terminal.style),
    );
  const exitCode = error === null ? exitCodes.ok : (error.exitCode ?? exitCodes.failed);
  return { json: { ...operation, output }, exitCode };
}
