import { makeClient, readCredentials, saveCredential } from "@berth/api/client";
import { BerthError } from "@berth/core/errors";
import { defineCommand } from "../framework/command.ts";
import { usageError } from "../framework/usage-error.ts";
import { readOrigin } from "../target.ts";

export const command = defineCommand({
  description:
    "Asks for a token, checks it and keeps it in a file for you alone. The server becomes the one that commands mean outside of linked folders. Whoever starts a server with npm start is logged in there already.",
  arguments: { server: { about: "The server's address (default http://localhost:4000)", required: false } },
  options: { "token-stdin": { about: "Read the token from standard input" } },
  examples: [
    { line: "berth login https://berth.example.com", about: "Asks for the token, which is not shown" },
    { line: "berth login --token-stdin < token.txt", about: "For scripts: no token in the command line" },
  ],
  async run({ args, options }, context) {
    const { terminal, settings } = context;
    const url = args.server === undefined ? await context.origin() : readOrigin(args.server);
    if (!options["token-stdin"] && !terminal.canAsk) {
      throw usageError("Nobody is here to type a token.", "Pipe it in: berth login --token-stdin < token.txt");
    }
    const given = options["token-stdin"] ? await terminal.readInput() : await terminal.askSecret(`Token for ${url}: `);
    const token = given.trim();
    if (token === "" || /\s/.test(token)) throw usageError("That is not a token.", "It looks like berth_…");
    const { person, role } = await whoami(url, token);
    const isKnown = readCredentials(settings.clientFolder).servers[url] !== undefined;
    saveCredential(settings.clientFolder, url, { token, person });
    const again = isKnown ? " (in place of the token before)" : "";
    const text = `${terminal.style.green("✓")} Logged in to ${url} as ${person}, ${role}${again}`;
    return { json: { server: url, person, role }, text };
  },
});

async function whoami(url: string, token: string) {
  try {
    return await (await makeClient({ url, token }).api.whoami.$get()).json();
  } catch (error) {
    if (!(error instanceof BerthError) || error.code !== "auth.required") throw error;
    throw new BerthError("auth.required", `${url} does not know this token.`, {
      hint: "Ask an owner for one: berth tokens create",
    });
  }
}
