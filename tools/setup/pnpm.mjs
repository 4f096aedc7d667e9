import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { SetupError } from "./fail.mjs";
import { installProgram } from "./install.mjs";
import { place } from "./node.mjs";
import { pnpmBin, root } from "./paths.mjs";

/** The exact version that package.json names in `packageManager`. */
function version() {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const found = /^pnpm@(\d+\.\d+\.\d+)/.exec(packageManager ?? "");
  if (!found) throw new SetupError("package.json names no pnpm version", 'set "packageManager": "pnpm@<version>"');
  return found[1];
}

export function pnpmReady() {
  try {
    return realpathSync(pnpmBin).includes(`-${version()}/`);
  } catch (error) {
    if (error instanceof SetupError) throw error;
    return false;
  }
}

/** Brings the binary itself: the `pnpm` package is only a starter that an install script exchanges for it. */
export async function installPnpm() {
  const musl = process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime;
  console.error(`setting up: pnpm ${version()} into .tools …`);
  const target = `${process.platform}-${process.arch}${musl ? "-musl" : ""}`;
  place(await installProgram({ name: `@pnpm/exe.${target}`, version: version(), binary: "pnpm" }), pnpmBin);
}
