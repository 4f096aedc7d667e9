import { checkAppName } from "@berth/core/light";
import { defineCommand } from "../../framework/command.ts";
import { appUrl } from "../../git/remotes.ts";

export const command = defineCommand({
  description: "`berth link` and `berth deploy` create what is missing; this is for all else.",
  arguments: { name: { about: "3 to 30 characters: a-z, 0-9 and single hyphens", required: true } },
  options: {
    branch: {
      about: "The branch that goes to production (default: main or master, whichever is pushed first)",
      value: "name",
    },
  },
  examples: [
    { line: "berth apps create shop", about: "An app without a release" },
    { line: "berth apps create shop --branch trunk", about: "Pushes of trunk go to production" },
  ],
  async run({ args, options }, context) {
    checkAppName(args.name);
    const [client, origin] = await Promise.all([context.client(), context.origin()]);
    const json = { name: args.name, defaultBranch: options.branch ?? null };
    const app = await (await client.api.apps.$post({ json })).json();
    const text = [
      `${context.terminal.style.green("✓")} Created ${app.name}`,
      `  url:    ${app.url}`,
      `  remote: ${appUrl(origin, app.name)}`,
      "",
      `Next, in its repository: berth link ${app.name}`,
    ].join("\n");
    return { json: app, text };
  },
});
