import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { followRun, type OutputLine } from "../run-output.ts";
import { scopeOf } from "../scope.ts";
import { failureText } from "../views/operation.ts";

/** So long a command that was asked to end is waited for. */
const endMs = 30_000;

export const command = defineCommand({
  description:
    "In the image of the live release, with its variables and resources, beside what serves: a process, a container or a pod of its own, which is removed afterwards. Its output comes as it is printed, its exit code becomes that of this command, and Ctrl-C ends it. It reads no input. The history has who ran it, with all its words: a secret belongs into a variable.",
  arguments: { command: { about: "The program with its arguments, after --", required: true, rest: true } },
  options: {
    service: { about: "As an instance of this service", short: "s", value: "name", completes: "services" },
    ...environmentOption,
  },
  examples: [
    { line: "berth run -- node report.js --month 2026-01", about: "A program of the app" },
    { line: "berth run -s worker -e staging -- node requeue.js", about: "As another service, elsewhere" },
    { line: "berth run -- sh -c 'ls -l | wc -l'", about: "What needs a shell" },
  ],
  async run({ words, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { terminal, json, signal } = context;
    const route = client.api.apps[":app"].environments[":environment"].runs;
    const asked = { argv: [...words], service: options.service ?? null };
    const { id } = await (await route.$post({ param: scope, json: asked })).json();
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
  },
});
