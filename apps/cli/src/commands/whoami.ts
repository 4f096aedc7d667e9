import { defineCommand } from "../framework/command.ts";

export const command = defineCommand({
  arguments: {},
  options: {},
  examples: [
    { line: "berth whoami", about: "Your name, your role, and where" },
    { line: "berth whoami --json | jq -r .person", about: "For scripts" },
  ],
  async run(_, context) {
    const [client, server] = await Promise.all([context.client(), context.origin()]);
    const { person, role, token } = await (await client.api.whoami.$get()).json();
    return { json: { server, person, role, token }, text: `${person}, ${role} at ${server}` };
  },
});
