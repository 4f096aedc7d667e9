import { defineCommand, environmentOption } from "../../framework/command.ts";
import { scopeOf, scopeText } from "../../scope.ts";
import { cronTable } from "../../views/cron.ts";

export const command = defineCommand({
  description:
    "The services with a schedule of what is live: when each is due next, in your time zone, and what its newest run came to.",
  arguments: {},
  options: environmentOption,
  examples: [
    { line: "berth cron list", about: "In production" },
    { line: "berth cron list --json | jq '.[] | select(.last.state == \"failed\")'", about: "For scripts" },
  ],
  async run({ options }, context) {
    const [scope, client] = await Promise.all([scopeOf(context, options.env), context.client()]);
    const route = client.api.apps[":app"].environments[":environment"].crons;
    const { items } = await (await route.$get({ param: scope })).json();
    if (items.length === 0) return { json: items, text: `Nothing in ${scopeText(scope)} has a schedule.` };
    return { json: items, text: cronTable(items, { style: context.terminal.style, now: context.now() }) };
  },
});
