import type { Operation } from "@berth/core";
import { confirmByName } from "../../confirm.ts";
import { exitCodes } from "../../edge/exit-codes.ts";
import { defineCommand } from "../../framework/command.ts";
import { followToEnd } from "../../operations.ts";
import { failureText } from "../../views/operation.ts";

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
    const begun: Operation = await (await route.$delete({ param: scope, query: { wait: 5 } })).json();
    const ended = begun.state === "running" ? await followToEnd(context, client, begun) : { operation: begun };
    if (ended === null) return { exitCode: exitCodes.interrupted };
    const { operation } = ended;
    if (operation.state === "succeeded")
      return { json: operation, text: `${context.terminal.style.green("✓")} deleted ${args.name} of ${app}` };
    const text = failureText(operation, `${args.name} was not deleted`, context.terminal.style);
    return { json: operation, text, exitCode: exitCodes.failed };
  },
});
