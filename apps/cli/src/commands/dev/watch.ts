import { removeOwn } from "../../dev/own-environment.ts";
import { openOwnFolder } from "../../dev/own-folder.ts";
import { runSession } from "../../dev/session.ts";
import { exitCodes } from "../../edge/exit-codes.ts";
import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Deploys the files as they are to an environment that is yours alone, without what .gitignore leaves out, and again whenever one changes, and shows what the services print. Services that share nothing with a change go on untouched. Where a build or a start fails it says why, and what was served before goes on. Ctrl-C stops that; the environment stays, and sleeps while nobody asks for it.",
  arguments: {},
  options: { down: { about: "Remove the environment at the end, with everything it has" } },
  examples: [
    { line: "berth dev", about: "Work on this folder" },
    { line: "berth dev --down", about: "Leave nothing behind" },
  ],
  async run({ options }, context) {
    const { terminal, json } = context;
    const sender = await openOwnFolder(context);
    const { app, client } = sender;
    const environment = await runSession(context, sender, { isRemoved: options.down });
    if (environment === null) return { exitCode: exitCodes.interrupted };
    if (!options.down) {
      const goes = `${environment} of ${app} stays, and sleeps while nobody asks for it. berth dev down removes it.`;
      if (!json) terminal.say(goes);
      return { exitCode: exitCodes.interrupted };
    }
    // Ctrl-C has ended the watching, and not what follows from it.
    const signal = new AbortController().signal;
    return await removeOwn({ terminal, json, signal }, client, { app, environment });
  },
});
