import { execFile } from "node:child_process";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** Brings an app's dependencies into its folder, unseen by git, for measuring it without Berth. */
export async function installDependencies(folder: string): Promise<void> {
  appendFileSync(join(folder, ".git/info/exclude"), "node_modules\n");
  await promisify(execFile)("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder });
}
