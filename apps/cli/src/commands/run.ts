import { attachRun } from "../attach-run.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";
import { readVersion } from "../versions.ts";

export const command = defineCommand({
  description:
    "In the image of the live release, with its variables and resources, beside what serves: a process, a container or a pod of its own, which is removed afterwards. Its output comes as it is printed, its exit code becomes that of this command, and Ctrl-C ends it. It reads no input. The history has who ran it, with all its words: a secret belongs into a variable.",
  arguments: { command: { about: "The program with its arguments, after --", required: true, rest: true } },
  options: {
    service: { about: "As an instance of this service", short: "s", value: "name", completes: "services" },
    release: {
      about: "On this release, such as v11, rather than the live one",
      short: "r",
      value: "version",
      completes: "versions",
    },
    ...environmentOption,
  },
  examples: [
    { line: "berth run -- node report.js --month 2026-01", about: "A program of the app" },
    { line: "berth run -s worker -e staging -- node requeue.js", about: "As another service, elsewhere" },
    { line: "berth run -r v11 -- node report.js", about: "On the exact image of an earlier release" },
    { line: "berth run -- sh -c 'ls -l | wc -l'", about: "What needs a shell" },
  ],
  async run({ words, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].runs;
    const version = options.release === undefined ? null : readVersion(options.release);
    const asked = { argv: [...words], service: options.service ?? null, version };
    const { id } = await (await route.$post({ param: scope, json: asked })).json();
    return await attachRun(context, client, id);
  },
});
