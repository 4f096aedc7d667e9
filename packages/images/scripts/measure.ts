import { randomBytes } from "node:crypto";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { systemClock, systemRandom } from "@berth/core";
import type { Digest } from "@berth/core";
import { openImages, readBootId } from "../src/index.ts";
import { makeTestTree } from "../src/testing/test-tree.ts";

// Measures the way from a changed source tree to an unpacked copy: `node packages/images/scripts/measure.ts [files] [bytes per file] [dependency files]`.
const [files = 2000, bytes = 4096, dependencies = 0] = process.argv.slice(2).map(Number);
const home = await mkdtemp(join("/var/tmp", "berth-measure-"));
const quiet = () => {};
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const images = await openImages({ home, clock: systemClock, random: systemRandom, log, bootId: await readBootId() });
const signal = new AbortController().signal;
const source = Object.fromEntries(
  Array.from({ length: files }, (_, i) => [`src/part-${i % 100}/file-${i}.js`, randomBytes(bytes)]),
);
const modules = Object.fromEntries(
  Array.from({ length: dependencies }, (_, i) => [`package-${i % 300}/lib/file-${i}.js`, randomBytes(2000)]),
);
const moduleTree = makeTestTree(modules);
const spec = {
  platform: { os: "linux", architecture: "amd64", libc: "glibc" as const },
  base: { image: "node:24-slim", digest: null },
  command: { argv: ["node", "server.js"] },
  env: {},
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
const delay = monitorEventLoopDelay({ resolution: 1 });
for (let round = 0; round < 12; round++) {
  source["src/part-1/file-1.js"] = randomBytes(bytes);
  const tree = makeTestTree(source);
  const entries = await tree.list();
  if (round >= 2) delay.enable();
  const start = performance.now();
  const { layer, changed } = await images.treeLayer({ source: tree, entries, prefix: "app", previous, signal });
  const layered = performance.now();
  await images.assemble({ ...spec, layers: [...dependencyLayer, layer] });
  const end = performance.now();
  delay.disable();
  previous = layer.digest;
  figures.push(end - start);
  console.log(
    `round ${round}: ${changed} files read, layer ${(layered - start).toFixed(1)} ms, image and copy ${(end - layered).toFixed(1)} ms, ${(layer.sizeBytes / 1e6).toFixed(1)} MB`,
  );
}
const warm = figures.slice(2).sort((a, b) => a - b);
console.log(
  `median ${warm[warm.length >> 1]?.toFixed(1)} ms, slowest ${warm.at(-1)?.toFixed(1)} ms, event loop held up at most ${(delay.max / 1e6).toFixed(1)} ms`,
);
await images.removeFolder(home);
await images.close();
