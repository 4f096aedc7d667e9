import { deleteApp } from "../delete-app.ts";
import { defineCommand } from "../framework/command.ts";

export const command = defineCommand({
  description:
    "Stops what runs and removes all environments, releases and logs of the app that this folder is linked to. It asks for the app's name first. Your repository stays as it is.",
  arguments: {},
  options: { yes: { about: "Do not ask", short: "y" } },
  examples: [
    { line: "berth destroy", about: "Asks first" },
    { line: "berth destroy --app shop --yes", about: "For scripts" },
  ],
  run: async ({ options }, context) => deleteApp(context, await context.app(), options.yes),
});
