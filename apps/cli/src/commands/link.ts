import { defineCommand } from "../framework/command.ts";
import { findTopFolder } from "../configured-name.ts";
import { usageError } from "../framework/usage-error.ts";
import { linkRepository } from "../link-repository.ts";

export const command = defineCommand({
  description:
    "Creates the app where it is missing, adds the git remote berth, and lets git log in there by itself. The token stays in a file of yours: neither the remote's URL nor .git/config has it.",
  arguments: {
    app: {
      about: "The app's name; otherwise that in berth.yaml, or the folder's name",
      required: false,
      completes: "apps",
    },
  },
  options: { yes: { about: "Change a remote berth that points elsewhere without asking", short: "y" } },
  examples: [
    { line: "berth link", about: "An app named like the folder" },
    { line: "berth link shop", about: "The app shop" },
    { line: "berth link shop --server https://berth.example.com", about: "At another server" },
  ],
  async run({ args, options }, context) {
    const { folder, isRepository } = await findTopFolder(context.git, context.settings.cwd);
    if (!isRepository) {
      throw usageError("This folder is not in a git repository.", "Make it one (git init), or use: berth deploy");
    }
    const linked = await linkRepository(context, folder, { name: args.app, yes: options.yes });
    const { style } = context.terminal;
    const { app, url, isNew, branch, hasCommit, defaultBranch } = linked;
    const pushes =
      defaultBranch === null || branch === defaultBranch ? "" : ` (pushes of ${defaultBranch} go to production)`;
    const text = [
      `${style.green("✓")} ${folder} is linked to ${style.bold(app)}${isNew ? ", a new app" : ""}${pushes}`,
      `  remote berth: ${url}`,
      "",
      hasCommit
        ? `Next: git push berth ${branch}`
        : `Next: git add --all && git commit -m "Begin" && git push berth ${branch}`,
    ].join("\n");
    return { json: linked, text };
  },
});
