import { attachRun } from "../attach-run.ts";
import { mayHaveInput } from "../exec/may-have-input.ts";
import { runAttached } from "../exec/run-attached.ts";
import { sessionOptions } from "../exec/session-options.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";
import { readVersion } from "../versions.ts";

export const command = defineCommand({
  description:
    "In the image of the live release, with its variables and resources, beside what serves: a process, a container or a pod of its own, which is removed afterwards. At a terminal the program gets one of its own, of the same size; else its input and both outputs are passed on as they are. Its exit code becomes that of this command, with which it ends. Without input (--no-stdin, --json, or < /dev/null) it goes on while the server is away, and its output comes line by line. The history has who ran it, with all its words: a secret belongs into a variable.",
  arguments: { command: { about: "The program with its arguments, after --", required: true, rest: true } },
  options: {
    service: { about: "As an instance of this service", short: "s", value: "name", completes: "services" },
    release: {
      about: "On this release, such as v11, rather than the live one",
      short: "r",
      value: "version",
      completes: "versions",
    },
    ...sessionOptions,
    ...environmentOption,
  },
  examples: [
    { line: "berth run -- node report.js --month 2026-01", about: "A program of the app" },
    { line: "berth run -s worker -e staging -- node requeue.js", about: "As another service, elsewhere" },
    { line: "berth run -r v11 -- node report.js", about: "On the exact image of an earlier release" },
    { line: "berth run -- sh -c 'ls -l | wc -l'", about: "What needs a shell" },
    { line: "berth run -- sh", about: "A shell at this terminal" },
    { line: "berth run -- node import.js < orders.csv", about: "With input" },
    { line: "berth run --no-stdin -- node reindex.js", about: "In scripts, and for what takes long" },
  ],
  async run({ words, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { terminal, signal, json, settings } = context;
    const version = options.release === undefined ? null : readVersion(options.release);
    const asked = { argv: [...words], service: options.service ?? null, version };
    if (!options["no-stdin"] && !json && mayHaveInput(terminal.streams.input)) {
      const { code, message } = await runAttached(
        { signal, terminal, term: settings.env["TERM"] },
        {
          open: (session) => client.openRun({ ...scope, ...asked, ...session }),
          noTerminal: options["no-tty"],
          noInput: false,
        },
      );
      if (message !== null) terminal.say(message);
      return { exitCode: code };
    }
    const route = client.api.apps[":app"].environments[":environment"].runs;
    const { id } = await (await route.$post({ param: scope, json: asked })).json();
    return await attachRun(context, client, id);
  },
});
