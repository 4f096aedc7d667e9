import { defineCommand, environmentOption } from "../../framework/command.ts";
import { scopeOf } from "../../scope.ts";

export const command = defineCommand({
  description:
    "Ends what runs of it now, begun by its schedule or by somebody. What it printed last stays in the history. Its schedule goes on: berth cron pause stops that.",
  arguments: { service: { about: "The service", required: true, completes: "services" } },
  options: environmentOption,
  examples: [{ line: "berth cron cancel nightly", about: "In production" }],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].crons[":service"].running;
    const { items } = await (await route.$delete({ param: { ...scope, service: args.service } })).json();
    const runs = items.length === 1 ? "its run" : `its ${items.length} runs`;
    const { green } = context.terminal.style;
    const text =
      items.length === 0 ? `${args.service} does not run now.` : `${green("✓")} ${args.service}: ended ${runs}`;
    return { json: items, text };
  },
});
