import { type Role, roles } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Prints the token this once; it is not kept. A viewer looks, a deployer also changes what runs, an owner also deletes apps and manages tokens. Needs the role owner.",
  arguments: { person: { about: "Whom it names: a slug such as ada, or ci", required: true } },
  options: {
    role: { about: "What it allows (default deployer)", short: "r", value: "role", choices: roles },
    note: { about: "What it is for", value: "text" },
  },
  examples: [
    { line: "berth tokens create ada", about: "For a colleague, who runs berth login with it" },
    { line: 'berth tokens create ci --role viewer --note "status page"', about: "For a machine" },
  ],
  async run({ args, options }, context) {
    const client = await context.client();
    const role = (options.role ?? "deployer") as Role;
    const json = { person: args.person, role, ...(options.note !== undefined && { note: options.note }) };
    const token = await (await client.api.tokens.$post({ json })).json();
    if (!context.json) {
      const origin = await context.origin();
      context.terminal.say(`A token for ${token.person}, ${token.role} (${token.id}). It is shown this once.`);
      context.terminal.say(`They use it with: berth login ${origin}`);
    }
    return { json: token, text: token.secret };
  },
});
