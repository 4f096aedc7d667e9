import { defineCommand } from "../../framework/command.ts";
import { deleteApp } from "../../delete-app.ts";

export const command = defineCommand({
  description:
    "Stops what runs and removes all environments, releases and logs. It asks for the app's name first. A remote that pointed at it stays.",
  arguments: { name: { about: "The app", required: true, completes: "apps" } },
  options: { yes: { about: "Do not ask", short: "y" } },
  examples: [
    { line: "berth apps delete shop", about: "Asks first" },
    { line: "berth apps delete shop --yes", about: "For scripts" },
  ],
  run: ({ args, options }, context) => deleteApp(context, args.name, options.yes),
});
