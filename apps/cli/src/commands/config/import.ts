import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parseDotenv } from "@berth/core/light";
import { changeConfig } from "../../config/change-config.ts";
import { placeOptions, readPlace, scopeNote } from "../../config/place.ts";
import { defineCommand } from "../../framework/command.ts";
import { decodeText } from "../../framework/decode-text.ts";
import { usageError } from "../../framework/usage-error.ts";

export const command = defineCommand({
  description:
    "Sets all variables of a .env file at once, as one release. What else is set stays. Values may be in quotes and go over lines, `export` and comments are fine, and what is in single quotes is text as it stands.",
  arguments: { file: { about: "The file; - is the input", required: true, completes: "files" } },
  options: { ...placeOptions, "no-release": { about: "Store them only: the next deploy brings them" } },
  examples: [
    { line: "berth config import .env", about: "For production" },
    { line: "berth config import .env.test --scope previews", about: "For all previews" },
    { line: "vault read … | berth config import -", about: "From another program" },
  ],
  async run({ args, options }, context) {
    const app = await context.app();
    const place = readPlace(app, options);
    const set = parseDotenv(await read(args.file));
    if (Object.keys(set).length === 0) throw usageError(`${args.file} sets nothing.`, "Its lines look like KEY=value.");
    const note = scopeNote(place, (options.env ?? options.scope) !== undefined);
    return await changeConfig(context, { app, ...place, set, unset: [], release: !options["no-release"], note });

    async function read(file: string): Promise<string> {
      if (file === "-") return await context.terminal.readInput();
      const bytes = await readFile(resolve(context.settings.cwd, file)).catch(() => {
        throw usageError(`${file} cannot be read.`, "Name a file such as .env, or - for the input.");
      });
      return decodeText(bytes, file);
    }
  },
});
