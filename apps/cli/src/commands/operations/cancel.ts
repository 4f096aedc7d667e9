import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "A deploy with its build or its release command, or what `berth run` has started. It ends as failed; what it has made live already stays.",
  arguments: { id: { about: "The operation", required: true, completes: "operations" } },
  options: {},
  examples: [{ line: "berth operations cancel op_01kdv9z3b4", about: "What berth operations list shows as running" }],
  async run({ args: { id } }, context) {
    const client = await context.client();
    const operation = await (await client.api.operations[":id"].cancel.$post({ param: { id } })).json();
    return { json: operation, text: `${context.terminal.style.green("✓")} ${id} is being ended` };
  },
});
