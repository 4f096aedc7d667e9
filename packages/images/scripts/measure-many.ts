import { readFile, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { Digest } from "@berth/core";
import { makeTestTree } from "@berth/core/testing";
import { openImages, readBootId } from "../src/index.ts";
import { removeTree } from "../src/unpack/remove.ts";
import { makeBreathe } from "../src/worker/breathe.ts";

// Measures the image of a source of very many files: `node packages/images/scripts/measure-many.ts [files]`.
const [files = 100_000] = process.argv.slice(2).map(Number);
const home = await mkdtemp(join("/var/tmp", "berth-measure-"));
const source = Object.fromEntries(
  Array.from({ length: files }, (_, i) => [`packages/p-${i % 500}/src/file-${i}.ts`, `export const n = ${i};\n`]),
);
const images = await openImages({
  home,
  clock: systemClock,
  random: systemRandom,
  log: quietLog,
  bootId: await readBootId(),
});
const signal = new AbortController().signal;
const spec = {
  platform: { os: "linux", architecture: "amd64", libc: "glibc" as const },
  on: null,
  base: { image: "docker.io/library/node:24-slim", digest: null },
  command: { argv: ["node", "server.js"] },
  env: {},
  programs: [],
  writable: [],
  annotations: {},
};

/** The longest time between two turns of the event loop while `work` goes on. */
async function longestTurn<T>(work: () => Promise<T>): Promise<{ result: T; longestMs: number }> {
  let last = performance.now();
  let longestMs = 0;
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 1);
  const result = await work();
  clearInterval(timer);
  return { result, longestMs };
}

/** The most memory the process has had so far, in MB. */
async function peakMb(): Promise<number> {
  const status = await readFile("/proc/self/status", "utf8");
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024;
}

await makeTestTree(source).list();
console.log(`memory of the test itself at most ${(await peakMb()).toFixed(0)} MB`);
let previous: Digest | null = null;
for (const round of ["first", "changed", "changed"]) {
  source["packages/p-1/src/file-1.ts"] = `export const n = ${Math.random()};\n`;
  const tree = makeTestTree(source);
  const entries = await tree.list();
  const start = performance.now();
  const { result, longestMs } = await longestTurn(() =>
    images.treeLayer({ source: tree, entries, prefix: "app", previous, signal }),
  );
  const layered = performance.now();
  await images.assemble({ ...spec, layers: [result.layer] }, "measure");
  const end = performance.now();
  previous = result.layer.digest;
  console.log(
    `${round}: ${files} files, layer ${(layered - start).toFixed(0)} ms, image and copy ${(end - layered).toFixed(0)} ms, ` +
      `event loop held up for at most ${longestMs.toFixed(0)} ms, memory at most ${(await peakMb()).toFixed(0)} MB`,
  );
}
await images.close();
await removeTree(home, makeBreathe());
