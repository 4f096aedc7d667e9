import { findOwn, removeOwn } from "../../dev/own-environment.ts";
import { exitCodes } from "../../edge/exit-codes.ts";
import { defineCommand } from "../../framework/command.ts";
import { failureText } from "../../views/operation.ts";

export const command = defineCommand({
  description:
    "Stops what runs in it and removes its releases and logs. It asks nothing first: the files are in your folder, and berth dev up makes it anew.",
  arguments: {},
  options: {},
  examples: [
    { line: "berth dev down", about: "Of this folder's app" },
    { line: "berth dev down --app shop", about: "Of another one" },
  ],
  async run(_, context) {
    const [app, client] = await Promise.all([context.app(), context.client()]);
    const environment = await findOwn(client, app);
    if (environment === null) return { json: null, text: `You have no environment of your own in ${app}` };
    const removed = await removeOwn(context, client, { app, environment });
    if (removed === null) return { exitCode: exitCodes.interrupted };
    if (removed.state === "succeeded") return { json: removed, text: `Removed ${environment} of ${app}` };
    const text = failureText(removed, `${environment} was not removed`, context.terminal.style);
    return { json: removed, text, exitCode: exitCodes.failed };
  },
});
