import { defineCommand } from "../framework/command.ts";
import { version, versionText } from "../version.ts";

export const command = defineCommand({
  arguments: {},
  options: {},
  examples: [{ line: "berth version", about: "Also: berth --version" }],
  run: () => Promise.resolve({ json: { version }, text: versionText }),
});
