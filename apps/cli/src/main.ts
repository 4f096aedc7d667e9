import { readSettings } from "./edge/settings.ts";
import { runCli } from "./cli.ts";

const interrupt = new AbortController();
let isForced = false;
process.on("SIGINT", () => {
  // The second one does not wait for anything.
  if (isForced) process.exit(130);
  isForced = true;
  interrupt.abort();
});
// Whoever reads may stop reading: `berth releases | head -1`.
process.stdout.on("error", () => process.exit(0));

/** A folder that was removed under somebody's feet is as good as none. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch {
    process.chdir("/");
    return "/";
  }
}

process.exitCode = await runCli(process.argv.slice(2), {
  settings: readSettings(process.env, currentFolder(), process.platform),
  streams: { input: process.stdin, output: process.stdout, errors: process.stderr },
  signal: interrupt.signal,
  now: () => Date.now(),
});
