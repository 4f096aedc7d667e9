import { runAttached } from "../exec/run-attached.ts";
import { sessionOptions } from "../exec/session-options.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";

export const command = defineCommand({
  description:
    "In its folder, with its environment and as its user; a shell where no program is named. At a terminal the program gets one of its own, of the same size: Ctrl-C and all other keys are for it. Else its input and both outputs are passed on as they are. The exit code is the program's; with the command everything that it has started ends. The audit has who ran it, with all its words: a secret belongs into a variable.",
  arguments: { command: { about: "The program with its arguments, after --", required: false, rest: true } },
  options: {
    service: {
      about: "Beside an instance of this service (default: the first with routes)",
      short: "s",
      value: "name",
      completes: "services",
    },
    instance: {
      about: "Beside this one: its id, or the end of it, as berth status shows it",
      short: "i",
      value: "id",
    },
    ...sessionOptions,
    ...environmentOption,
  },
  examples: [
    { line: "berth exec", about: "A shell in an instance of production" },
    { line: "berth exec -s worker -- node -e 'console.log(process.memoryUsage())'", about: "One program" },
    { line: "berth exec -- tar c data | tar x", about: "What it writes is passed on byte by byte" },
    { line: "berth exec -e staging -- sh -c 'cat > /tmp/in' < dump.sql", about: "Its input, too" },
  ],
  async run({ words, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { terminal, signal } = context;
    const asked = {
      ...scope,
      argv: words,
      ...(options.service !== undefined && { service: options.service }),
      ...(options.instance !== undefined && { instance: options.instance }),
    };
    const term = context.settings.env["TERM"];
    const { code, message } = await runAttached(
      { signal, term, terminal },
      {
        open: (session) => client.openExec({ ...asked, ...session }),
        greeting: words.length > 0 ? undefined : ({ service, instance }) => `${service} ${instance}`,
        noTerminal: options["no-tty"],
        noInput: options["no-stdin"],
      },
    );
    if (message !== null) terminal.say(message);
    return { exitCode: code };
  },
});
