import { defineCommand, environmentOption } from "../../framework/command.ts";
import { scopeOf } from "../../scope.ts";
import { cronTable } from "../../views/cron.ts";

export const command = defineCommand({
  description:
    "It starts nothing until berth cron resume, also after other releases. What runs goes on. What was due meanwhile is neither made up for nor told as missed.",
  arguments: { service: { about: "The service", required: true, completes: "services" } },
  options: environmentOption,
  examples: [{ line: "berth cron pause nightly", about: "In production" }],
  async run({ args, options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].crons[":service"].paused;
    const cron = await (await route.$put({ param: { ...scope, service: args.service } })).json();
    const { style } = context.terminal;
    const text = `${style.green("✓")} ${args.service} is paused\n${cronTable([cron], { style, now: context.now() })}`;
    return { json: cron, text };
  },
});
