import { confirmByName } from "../../confirm.ts";
import { deleteEnvironment } from "../../delete-environment.ts";
import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Stops what runs in it and removes its releases and logs. It asks for the name first. A preview goes by itself when its branch is deleted at the server: git push berth --delete <branch>",
  arguments: { name: { about: "The environment", required: true, completes: "environments" } },
  options: { yes: { about: "Do not ask", short: "y" } },
  examples: [
    { line: "berth environments delete my-branch", about: "Asks first" },
    { line: "berth env delete my-branch --yes", about: "For scripts" },
  ],
  async run({ args, options }, context) {
    const [app, client] = await Promise.all([context.app(), context.client()]);
    const scope = { app, environment: args.name };
    const route = client.api.apps[":app"].environments[":environment"];
    await route.$get({ param: scope });
    const what = `This deletes ${args.name} of ${app}, with its releases and logs.`;
    await confirmByName(context, { what, name: args.name, yes: options.yes });
    const done = `${context.terminal.style.green("✓")} deleted ${args.name} of ${app}`;
    return await deleteEnvironment(context, client, scope, { done, failed: `${args.name} was not deleted` });
  },
});
