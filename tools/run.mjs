#!/usr/bin/env node
// The one door to everything: makes sure of Node 24, pnpm and the dependencies, then runs what was asked for.
// Plain JavaScript that Node 20 can run, for it is what brings the newer Node.
import { SetupError } from "./setup/fail.mjs";
import { runForwarding } from "./setup/forward.mjs";
import { ensureToolchain } from "./setup/toolchain.mjs";
import { commands } from "./setup/commands.mjs";

const [name = "help", ...args] = process.argv.slice(2);

try {
  const command = commands[name];
  if (!command) {
    console.error(`usage: node tools/run.mjs <${Object.keys(commands).join(" | ")}> [arguments]`);
    process.exitCode = name === "help" ? 0 : 2;
  } else {
    const tools = await ensureToolchain(command.needs(args));
    const child = command.run(tools, args);
    if (child) process.exitCode = await runForwarding(child, command);
  }
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`error: ${error.message}`);
  if (error.hint) console.error(`hint:  ${error.hint}`);
  process.exitCode = 1;
}
