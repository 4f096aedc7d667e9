import { readCredentials, removeCredential } from "@berth/api/client";
import { defineCommand } from "../framework/command.ts";

export const command = defineCommand({
  description: "The token stays good at the server; `berth tokens delete` ends it there.",
  arguments: {},
  options: {},
  examples: [
    { line: "berth logout", about: "From the server that commands mean here" },
    { line: "berth logout --server https://berth.example.com", about: "From another one" },
  ],
  async run(_, context) {
    const url = await context.origin();
    const { clientFolder } = context.settings;
    const wasLoggedIn = readCredentials(clientFolder).servers[url] !== undefined;
    if (wasLoggedIn) removeCredential(clientFolder, url);
    const text = wasLoggedIn ? `Logged out of ${url}` : `You were not logged in to ${url}.`;
    return { json: { server: url, wasLoggedIn }, text };
  },
});
