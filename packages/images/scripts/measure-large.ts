import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { openImages, readBootId } from "../src/index.ts";
import { removeTree } from "../src/unpack/remove.ts";
import { makeBreathe } from "../src/worker/breathe.ts";

// Measures the memory and the time that the image of a large folder takes: `node packages/images/scripts/measure-large.ts [MB] [MB per file]`.
const [totalMb = 2048, fileMb = 100] = process.argv.slice(2).map(Number);
const home = await mkdtemp(join("/var/tmp", "berth-measure-"));
const folder = join(home, "source");
await mkdir(folder);

const random = randomBytes(8 << 20);
const text = Buffer.from(random.subarray(0, 1 << 20).toString("hex"));
for (let file = 0; file * fileMb < totalMb; file++) {
  const handle = await open(join(folder, `file-${file}`), "w");
  // Every second file can be compressed.
  const content = file % 2 === 0 ? random : text;
  const bytes = Math.min(fileMb, totalMb - file * fileMb) * 2 ** 20;
  for (let at = 0; at < bytes; at += content.length)
    await handle.write(content, 0, Math.min(content.length, bytes - at));
  await handle.close();
}

/** The most memory the process has had so far, in bytes. */
async function peakBytes(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
}

const images = await openImages({
  home,
  clock: systemClock,
  random: systemRandom,
  log: quietLog,
  bootId: await readBootId(),
});
const before = await peakBytes();
const start = performance.now();
const layer = await images.folderLayer({ root: folder, sources: [{ host: folder, path: "app" }], exclude: [] });
await images.settle(layer.digest);
const seconds = (performance.now() - start) / 1000;
console.log(
  `${totalMb} MB in ${seconds.toFixed(1)} s, layer of ${(layer.sizeBytes / 2 ** 20).toFixed(0)} MB, ` +
    `memory at most ${((await peakBytes()) / 2 ** 20).toFixed(0)} MB (${(before / 2 ** 20).toFixed(0)} MB before)`,
);
await images.close();
await removeTree(home, makeBreathe());
