import { changeConfig } from "../../config/change-config.ts";
import { placeOptions, readPlace, scopeNote } from "../../config/place.ts";
import { readSettings } from "../../config/read-settings.ts";
import { defineCommand } from "../../framework/command.ts";
import { usageError } from "../../framework/usage-error.ts";

export const command = defineCommand({
  description:
    "Stores variables beside the source, sealed, and makes a release of them at once: the services that find other variables start anew, and berth rollback goes back. A name alone asks for its value, which then is in no history of a shell. For production unless --env or --scope says otherwise; previews never see what is production's.",
  arguments: { settings: { about: "Such as API_KEY=sk_1, or a name alone", required: false, rest: true } },
  options: {
    ...placeOptions,
    stdin: { about: "The value of the one name comes on the input; a line's end at its end is not part of it" },
    "no-release": { about: "Store it only: the next deploy brings it" },
  },
  examples: [
    { line: "berth config set API_KEY", about: "Asks for the value" },
    { line: "berth config set LEVEL=debug CACHE=off --env staging", about: "For one environment" },
    { line: "berth config set STRIPE_KEY=sk_test_1 --scope previews", about: "For all previews" },
    { line: "berth config set TLS_KEY --stdin < key.pem", about: "What has several lines" },
  ],
  async run({ words, options }, context) {
    const { set, asked } = readSettings(words);
    const app = await context.app();
    const place = readPlace(app, options);
    if (options.stdin) {
      if (asked.length !== 1 || words.length !== 1)
        throw usageError("--stdin is for one name.", "Such as: berth config set TLS_KEY --stdin < key.pem");
      set[asked[0]!] = (await context.terminal.readInput()).replace(/\r?\n$/, "");
    } else
      for (const key of asked) {
        if (!context.terminal.canAsk)
          throw usageError(
            `The value of ${key} is missing.`,
            `Write ${key}=value, or give it on the input with --stdin.`,
          );
        set[key] = await context.terminal.askSecret(`Value of ${key}: `);
      }
    const note = scopeNote(place, (options.env ?? options.scope) !== undefined);
    return await changeConfig(context, { app, ...place, set, unset: [], release: !options["no-release"], note });
  },
});
