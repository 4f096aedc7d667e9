import { changeConfig } from "../../config/change-config.ts";
import { placeOptions, readPlace } from "../../config/place.ts";
import { defineCommand } from "../../framework/command.ts";

export const command = defineCommand({
  description:
    "Removes variables that are stored, and makes a release without them at once. What berth.yaml has then holds again; what it has drawn for an environment is drawn anew.",
  arguments: { keys: { about: "Their names", required: true, rest: true } },
  options: {
    ...placeOptions,
    "no-release": { about: "Remove them from the store only: the next deploy goes without" },
  },
  examples: [
    { line: "berth config unset API_KEY", about: "In production" },
    { line: "berth config unset LEVEL CACHE --scope all", about: "What was set for all environments" },
  ],
  async run({ words, options }, context) {
    const app = await context.app();
    const place = readPlace(app, options);
    const unset = [...new Set(words)];
    return await changeConfig(context, { app, ...place, set: {}, unset, release: !options["no-release"], note: null });
  },
});
