import { defineCommand, environmentOption } from "../framework/command.ts";
import { scopeOf } from "../scope.ts";
import { driftText } from "../views/drift.ts";

export const command = defineCommand({
  description:
    "What somebody has changed by hand of what Berth made on a cluster, since the server's start: which field, what it was found as, by whom and when. All of it has been put back already.",
  arguments: {},
  options: environmentOption,
  examples: [
    { line: "berth drift", about: "Production of this folder's app" },
    { line: "berth drift --env staging --json", about: "Another environment, for scripts" },
  ],
  async run({ options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"];
    const report = await (await route.drift.$get({ param: scope })).json();
    return { json: report, text: driftText(report, { style: context.terminal.style, now: context.now() }) };
  },
});
