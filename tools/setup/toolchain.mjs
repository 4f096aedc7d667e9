import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { dependenciesReady, installDependencies } from "./dependencies.mjs";
import { explain, SetupError } from "./fail.mjs";
import { withLock } from "./lock.mjs";
import { installNode, nodeReady } from "./node.mjs";
import { binDir, nodeBin, root, toolsDir } from "./paths.mjs";
import { installPnpm, pnpmReady } from "./pnpm.mjs";
import { find } from "./which.mjs";

/**
 * Makes sure of what a command needs, once: Node 24 and pnpm in `.tools`, packages in `node_modules`.
 * Answers in a few milliseconds when all is there. Throws a SetupError that names what is missing.
 */
export async function ensureToolchain(needs) {
  if (process.platform === "win32") throw new SetupError("Berth runs on Linux and macOS", "on Windows, use WSL 2");
  if (needs.git && !find("git")) throw new SetupError("git is not installed", "install it, e.g. apt-get install git");
  const steps = [
    [nodeReady, installNode],
    [pnpmReady, installPnpm],
    ...(needs.dependencies ? [[dependenciesReady, installDependencies]] : []),
  ];
  if (!steps.every(([ready]) => ready())) {
    try {
      mkdirSync(toolsDir, { recursive: true });
      await withLock(join(toolsDir, "setup.lock"), async () => {
        // Another start may have done it meanwhile, so each is asked again under the lock.
        for (const [ready, install] of steps) if (!ready()) await install();
      });
    } catch (error) {
      throw error instanceof SetupError || !error.code ? error : explain("set-up", error.message);
    }
  }
  const path = [binDir, `${root}/node_modules/.bin`, process.env.PATH].join(":");
  // Node keeps what it made of each TypeScript file: a start from source takes a quarter of the time, and less memory.
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(toolsDir, "compile-cache");
  return { root, node: nodeBin, env: { ...process.env, PATH: path, NODE_COMPILE_CACHE } };
}
