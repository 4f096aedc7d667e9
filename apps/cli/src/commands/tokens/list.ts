import { defineCommand } from "../../framework/command.ts";
import { table } from "../../framework/output.ts";
import { ago } from "../../framework/units.ts";

export const command = defineCommand({
  description: "Who may do what. The tokens themselves are not kept anywhere. Needs the role owner.",
  arguments: {},
  options: {},
  examples: [{ line: "berth tokens list", about: "Whom tokens name, and when they were last used" }],
  async run(_, context) {
    const client = await context.client();
    const { items } = await (await client.api.tokens.$get()).json();
    const now = context.now();
    const rows = items.map(({ id, person, role, note, createdAt, lastUsedAt }) => [
      id,
      person,
      role,
      ago(createdAt, now),
      lastUsedAt === null ? "never" : ago(lastUsedAt, now),
      note,
    ]);
    return {
      json: items,
      text: table(["ID", "PERSON", "ROLE", "CREATED", "LAST USED", "NOTE"], rows, context.terminal.style),
    };
  },
});
