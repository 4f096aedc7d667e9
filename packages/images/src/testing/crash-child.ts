import { quietLog, systemClock, systemRandom } from "@berth/core";
import type { Digest } from "@berth/core";
import { openImages } from "../images.ts";
import { makeTestTree } from "@berth/core/testing";

// Makes one image after the other in the home it is given, prints each digest once it is made, and removes old ones, which it says before, until it is killed.
const [home = ""] = process.argv.slice(2);
const images = await openImages({ home, clock: systemClock, random: systemRandom, log: quietLog, bootId: "boot-1" });
const files = Object.fromEntries(
  Array.from({ length: 200 }, (_, i) => [`folder-${i % 10}/file-${i}.js`, `content of ${i}`]),
);
let previous: Digest | null = null;
const made: Digest[] = [];
for (;;) {
  files["server.js"] = Buffer.from(systemRandom.bytes(12)).toString("hex");
  const source = makeTestTree(files);
  const spec = { source, entries: await source.list(), prefix: "app", previous, signal: new AbortController().signal };
  const { layer } = await images.treeLayer(spec);
  previous = layer.digest;
  const platform = { os: "linux", architecture: "amd64", libc: "glibc" as const };
  const image = {
    layers: [layer],
    platform,
    on: null,
    base: { image: "node", digest: null },
    env: {},
    programs: [],
    writable: [],
    annotations: {},
  };
  const { digest } = await images.assemble({ ...image, command: { argv: ["node", files["server.js"]] } }, "shop/web");
  console.log(`made ${digest} ${files["server.js"]}`);
  made.push(digest);
  if (made.length % 3 !== 0) continue;
  const gone = made.splice(0, 2);
  for (const old of gone) console.log(`removing ${old}`);
  // It goes on beside the next image.
  images.remove(gone, []).catch((error: unknown) => {
    throw error;
  });
}
