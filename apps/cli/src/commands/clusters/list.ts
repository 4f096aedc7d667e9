import { defineCommand } from "../../framework/command.ts";
import { clustersText } from "../../views/clusters.ts";

export const command = defineCommand({
  description:
    "The clusters that environments can be on: default, which the server's settings name, and those that are registered. Each is asked whether it answers.",
  arguments: {},
  options: {},
  examples: [
    { line: "berth clusters list", about: "Which answer, and what is on them" },
    { line: "berth clusters --json", about: "For scripts" },
  ],
  async run(_, context) {
    const client = await context.client();
    const { items } = await (await client.api.clusters.$get()).json();
    return { json: items, text: clustersText(items, context.terminal.style) };
  },
});
