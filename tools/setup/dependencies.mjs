import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execute } from "./install.mjs";
import { binDir, pnpmBin, root, stampFile } from "./paths.mjs";

/** True when `node_modules` was made, to the end, from exactly the present lockfile and package.json files. */
export function dependenciesReady() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === fingerprint();
}

// The lockfile came with the commit and carries checksums: asking the registry about each entry again would need it to
// be reachable even when every package is at hand. One retry and no long pauses: who waits here wants to be told.
const flags = [
  "--frozen-lockfile",
  "--trust-lockfile",
  "--prefer-offline",
  "--config.fetchRetries=1",
  "--config.fetchRetryMintimeout=2000",
  "--reporter=append-only",
  "--config.confirmModulesPurge=false",
];

/** Installs what the lockfile says. The stamp comes last: an interrupted installation is done again. */
export async function installDependencies() {
  console.error("setting up: dependencies into node_modules …");
  const stamp = fingerprint();
  rmSync(stampFile, { force: true });
  const env = { ...process.env, PATH: `${binDir}:${process.env.PATH}` };
  await execute("pnpm install", pnpmBin, ["install", ...flags], env);
  mkdirSync(dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, stamp);
}

function fingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}\n`);
  for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests()])
    hash.update(`${file}\n`).update(readFileSync(join(root, file)));
  return hash.digest("hex");
}

function manifests() {
  const folders = ["apps", "packages"].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => `${parent}/${name}`) : [],
  );
  return folders
    .toSorted()
    .map((folder) => `${folder}/package.json`)
    .filter((file) => existsSync(join(root, file)));
}
