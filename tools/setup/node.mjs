import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { relative } from "node:path";
import { SetupError } from "./fail.mjs";
import { installProgram } from "./install.mjs";
import { binDir, nodeBin, toolsDir } from "./paths.mjs";

const wanted = 24;
const version = "24.21.0";
const ownIsNewEnough = Number(process.versions.node.split(".")[0]) >= wanted;

/** True when `.tools/node/bin/node` leads to a Node that is new enough. Starts no process to find out. */
export function nodeReady() {
  try {
    const target = realpathSync(nodeBin);
    if (target.startsWith(`${realpathSync(toolsDir)}/`)) return target.includes(`-${version}/`);
    // Only what was new enough was ever linked; the machine's own may have been exchanged in place since.
    return target !== realpathSync(process.execPath) || ownIsNewEnough;
  } catch {
    return false;
  }
}

/** Uses the machine's Node where it is new enough, else brings one: the same binary that the npm package `node` would. */
export async function installNode() {
  place(ownIsNewEnough ? realpathSync(process.execPath) : await download(), nodeBin);
}

async function download() {
  if (process.platform === "linux" && !process.report.getReport().header.glibcVersionRuntime)
    throw new SetupError(
      `Node ${wanted} is needed, this is ${process.version}, and there are no ready-made binaries for musl (Alpine)`,
      `install the machine's own, e.g. apk add nodejs (${wanted} or newer), or use a glibc image such as node:${wanted}`,
    );
  console.error(`setting up: Node ${version} into .tools (this machine has ${process.version}) …`);
  return installProgram({ name: `node-${process.platform}-${process.arch}`, version, binary: "bin/node" });
}

/** Points `link` to `target` in one step; relative where it is inside `.tools`, so that a checkout can be moved. */
export function place(target, link) {
  mkdirSync(binDir, { recursive: true });
  const draft = `${link}.new`;
  rmSync(draft, { force: true });
  symlinkSync(target.startsWith(`${toolsDir}/`) ? relative(binDir, target) : target, draft);
  renameSync(draft, link);
}
