import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description: "It is refused from now on. Owners delete any token, everyone their own; an owner's last one stays.",
  arguments: { id: { about: "The token's id, as `berth tokens list` shows it", required: true } },
  options: {},
  examples: [{ line: "berth tokens delete tok_01kdv9z3b4", about: "End a token" }],
  async run({ args }, context) {
    const client = await context.client();
    await client.api.tokens[":id"].$delete({ param: { id: args.id } });
    return { json: { deleted: args.id }, text: `${context.terminal.style.green("✓")} deleted ${args.id}` };
  },
});
