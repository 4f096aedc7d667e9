import type { Client } from "@berth/api/client";
import type { Context } from "./context.ts";
import { exitCodes } from "./edge/exit-codes.ts";
import { endedByCtrlC } from "./ended-by-ctrl-c.ts";
import type { Outcome } from "./framework/command.ts";
import { followRun, type OutputLine } from "./run-output.ts";
import { failureText } from "./views/operation.ts";

/** Shows what the command of a run prints, ends it with Ctrl-C, and comes to its exit code. */
export async function attachRun(context: Context, client: Client, id: string): Promise<Outcome> {
  const { terminal, json } = context;
  const output: OutputLine[] = [];
  const show = ({ stream, text }: OutputLine) => {
    if (json) output.push({ stream, text });
    else if (stream === "stdout") terminal.print(text);
    else terminal.say(text);
  };
  const operation = await endedByCtrlC(context, client, id, (patience) => followRun(client, id, show, patience));
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
