import { spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { explain, SetupError } from "./fail.mjs";
import { toolsDir } from "./paths.mjs";
import { find } from "./which.mjs";

/**
 * Puts one npm package into `.tools/<folder>` and returns its path. It is installed aside and renamed into place,
 * so what is there is whole. Install scripts stay off: the packages used here carry their binary.
 */
export async function installPackage(name, version) {
  const folder = join(toolsDir, `${name.replace(/^@/, "").replaceAll("/", "-")}-${version}`);
  const inside = join(folder, "node_modules", name);
  if (existsSync(inside)) return inside;
  const npm = find("npm");
  if (!npm)
    throw new SetupError("npm is not installed", "install it, e.g. apt-get install npm; it brings Node and pnpm");
  const draft = `${folder}.new`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const quiet = ["--no-audit", "--no-fund", "--no-save", "--no-package-lock", "--ignore-scripts", "--loglevel=error"];
  await execute(npm, ["install", "--prefix", draft, "--global=false", ...quiet, `${name}@${version}`], draft);
  if (!existsSync(join(draft, "node_modules", name)))
    throw new SetupError(
      `npm installed nothing for ${name}@${version}`,
      `${process.platform} ${process.arch} may not be supported`,
    );
  renameSync(draft, folder);
  return inside;
}

/** Runs a program to its end; its output is kept for the error only. */
export async function execute(file, args, cwd, env = process.env) {
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => (output = (output + chunk).slice(-20_000)));
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, signal) => resolve(signal ?? status));
  });
  if (code !== 0)
    throw explain(
      [file.split("/").pop(), ...args.filter((arg) => !arg.startsWith("-") && arg !== cwd)].join(" "),
      output,
    );
}
