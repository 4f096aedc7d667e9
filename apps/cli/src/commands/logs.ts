import { exitCodes } from "../edge/exit-codes.ts";
import { defineCommand, environmentOption } from "../framework/command.ts";
import { readLogs } from "../read-logs.ts";
import { scopeOf } from "../scope.ts";
import { readCount, readVersion } from "../versions.ts";
import { makeLogView } from "../views/log-line.ts";

export const command = defineCommand({
  description:
    "Of the live release, all services together, oldest first. With --follow it goes on with what becomes live, and through restarts of the server. With --json each line is one JSON object.",
  arguments: {},
  options: {
    follow: { about: "Go on with new lines until Ctrl-C", short: "f" },
    service: { about: "Only this service", short: "s", value: "name", completes: "services" },
    release: { about: "Only this release, such as v11", short: "r", value: "version", completes: "versions" },
    lines: { about: "At most this many of the newest lines first (default 100)", short: "n", value: "count" },
    ...environmentOption,
  },
  examples: [
    { line: "berth logs", about: "The last 100 lines" },
    { line: "berth logs -f --service web", about: "One service, as it happens" },
    { line: "berth logs -r v11 -n 1000 | grep Error", about: "Of an earlier release" },
  ],
  async run({ options }, context) {
    const tail = readCount("--lines", options.lines, 100, 10_000);
    const release = options.release === undefined ? undefined : readVersion(options.release);
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const { terminal, signal, json } = context;
    // A server that is away at the start is an error; only later it is waited for.
    if (options.follow) await client.api.apps[":app"].environments[":environment"].$get({ param: scope });
    const view = makeLogView(terminal.style);
    const request = {
      ...scope,
      tail,
      follow: options.follow,
      ...(options.service !== undefined && { service: options.service }),
      ...(release !== undefined && { release }),
    };
    const say = (text: string) => terminal.say(text);
    for await (const line of readLogs({ client, signal, say }, request)) {
      terminal.print(json ? JSON.stringify(line) : view(line));
    }
    return { exitCode: signal.aborted ? exitCodes.interrupted : exitCodes.ok };
  },
});
