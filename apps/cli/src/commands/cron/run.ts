import { attachRun } from "../../attach-run.ts";
import { defineCommand, environmentOption } from "../../framework/command.ts";
import { scopeOf } from "../../scope.ts";

export const command = defineCommand({
  description:
    "On what is live, beside its schedule, also where that is paused. Its output comes as it is printed, its exit code becomes that of this command, and Ctrl-C ends it. It is in the history with who ran it.",
  arguments: { service: { about: "The service", required: true, completes: "services" } },
  options: environmentOption,
  examples: [{ line: "berth cron run nightly", about: "As if it were due" }],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].crons[":service"].runs;
    const { id } = await (await route.$post({ param: { ...scope, service: args.service } })).json();
    return await attachRun(context, client, id);
  },
});
