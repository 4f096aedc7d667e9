import { findOwn, removeOwn } from "../../dev/own-environment.ts";
import { defineCommand } from "../../framework/command.ts";

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
    return await removeOwn(context, client, { app, environment });
  },
});
