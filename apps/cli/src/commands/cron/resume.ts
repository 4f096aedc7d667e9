import { defineCommand, environmentOption } from "../../framework/command.ts";
import { scopeOf } from "../../scope.ts";
import { cronTable } from "../../views/cron.ts";

export const command = defineCommand({
  description: "With what is due from now on: nothing that was due meanwhile is made up for.",
  arguments: { service: { about: "The service", required: true, completes: "services" } },
  options: environmentOption,
  examples: [{ line: "berth cron resume nightly", about: "In production" }],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].crons[":service"].paused;
    const cron = await (await route.$delete({ param: { ...scope, service: args.service } })).json();
    const { style } = context.terminal;
    const text = `${style.green("✓")} ${args.service} goes on\n${cronTable([cron], { style, now: context.now() })}`;
    return { json: cron, text };
  },
});
