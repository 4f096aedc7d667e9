import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { Digest } from "@berth/core";
import { openImages, readBootId } from "../src/index.ts";
import { makeTestTree } from "@berth/core/testing";

// Measures the way from a changed source tree to an unpacked copy: `node packages/images/scripts/measure.ts [files] [bytes per file] [dependency files]`.
const [files = 2000, bytes = 4096, dependencies = 0] = process.argv.slice(2).map(Number);
const home = await mkdtemp(join("/var/tmp", "berth-measure-"));
const images = await openImages({
  home,
  clock: systemClock,
  random: systemRandom,
  log: quietLog,
  bootId: await readBootId(),
});
const signal = new AbortController().signal;
const words = Array.from({ length: 2000 }, () => randomBytes(2 + Math.floor(Math.random() * 4)).toString("hex"));

/** Text that can be compressed to about a third, as code can. */
function makeText(sizeBytes: number): Buffer {
  let text = "";
  while (text.length < sizeBytes) text += `${words[Math.floor(Math.random() ** 3 * words.length)]} `;
  return Buffer.from(text.slice(0, sizeBytes));
}

const source = Object.fromEntries(
  Array.from({ length: files }, (_, i) => [`src/part-${i % 100}/file-${i}.js`, makeText(bytes)]),
);
const modules = Object.fromEntries(
  Array.from({ length: dependencies }, (_, i) => [`package-${i % 300}/lib/file-${i}.js`, makeText(2000)]),
);
const moduleTree = makeTestTree(modules);
const spec = {
  platform: { os: "linux", architecture: "amd64", libc: "glibc" as const },
  on: null,
  base: { image: "node:24-slim", digest: null },
  command: { argv: ["node", "server.js"] },
  env: {},
  programs: [],
  writable: [],
  annotations: {},
};
const dependencyLayer =
  dependencies === 0
    ? []
    : [
        (
          await images.treeLayer({
            source: moduleTree,
            entries: await moduleTree.list(),
            prefix: "app/node_modules",
            previous: null,
            signal,
          })
        ).layer,
      ];

let previous: Digest | null = null;
const figures: number[] = [];
const heldUp: number[] = [];
/** What all threads have worked, which other programs on the machine change less. */
const worked: number[] = [];
/** The longest time between two turns of the event loop while `work` goes on, less the millisecond that a turn waits. */
async function longestTurn<T>(work: () => Promise<T>): Promise<T> {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    longest = Math.max(longest, performance.now() - last - 1);
    last = performance.now();
  }, 1);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    heldUp.push(longest);
  }
}

for (let round = 0; round < 12; round++) {
  source["src/part-1/file-1.js"] = makeText(bytes);
  const tree = makeTestTree(source);
  const entries = await tree.list();
  const before = process.cpuUsage();
  const start = performance.now();
  const { layer, changed } = await longestTurn(() =>
    images.treeLayer({ source: tree, entries, prefix: "app", previous, signal }),
  );
  const layered = performance.now();
  await longestTurn(() => images.assemble({ ...spec, layers: [...dependencyLayer, layer] }, "measure"));
  const end = performance.now();
  const { user, system } = process.cpuUsage(before);
  worked.push((user + system) / 1e3);
  previous = layer.digest;
  await new Promise((resolve) => setTimeout(resolve, 1500));
  figures.push(end - start);
  console.log(
    `round ${round}: ${changed} files read, layer ${(layered - start).toFixed(1)} ms, image and copy ${(end - layered).toFixed(1)} ms, ${(layer.sizeBytes / 1e6).toFixed(1)} MB`,
  );
}
const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b);
const warm = sorted(figures.slice(2));
const work = sorted(worked.slice(2));
console.log(`all threads worked for ${work[work.length >> 1]?.toFixed(1)} ms (median)`);
const held = sorted(heldUp.slice(4));
console.log(`median ${warm[warm.length >> 1]?.toFixed(1)} ms, slowest ${warm.at(-1)?.toFixed(1)} ms`);
console.log(
  `the event loop was held up for ${held[held.length >> 1]?.toFixed(1)} ms (median), at most ${held.at(-1)?.toFixed(1)} ms`,
);
await images.removeFolder(home);
await images.close();
