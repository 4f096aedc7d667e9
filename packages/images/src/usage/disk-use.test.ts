import type { Digest } from "@berth/core";
import { describe, expect, it } from "vitest";
import { diskUse } from "./disk-use.ts";
import type { StoredBlob, StoredImage } from "./disk-use.ts";

const digestOf = (name: string): Digest => `sha256:${Buffer.from(name).toString("hex").padEnd(64, "0")}`;

/** An image of layers named by letter, with a base layer of 1,000 bytes. */
function makeStored(name: string, layers: Record<string, number>): StoredImage {
  const blobs: StoredBlob[] = [
    { digest: digestOf(name), sizeBytes: 1, kind: "manifest" },
    { digest: digestOf("base"), sizeBytes: 1000, kind: "base" },
    ...Object.entries(layers).map(([layer, sizeBytes]): StoredBlob => {
      return { digest: digestOf(layer), sizeBytes, kind: "layer" };
    }),
  ];
  return { digest: digestOf(name), base: "node:24-slim", blobs, sizeBytes: 0, ownBytes: 0 };
}

describe("disk use", () => {
  it("counts what images share once for each app, and bases once for all", () => {
    const stored = [
      makeStored("one", { a: 10, dependencies: 100 }),
      makeStored("two", { b: 20, dependencies: 100 }),
      makeStored("three", { c: 40, dependencies: 100 }),
      makeStored("orphan", { d: 80 }),
    ];
    const apps = new Map([
      ["shop", [digestOf("one"), digestOf("two")]],
      ["blog", [digestOf("three"), digestOf("three"), digestOf("not stored")]],
    ]);
    expect(diskUse(apps, stored)).toEqual({
      apps: [
        { app: "shop", images: 2, sizeBytes: 132, sharedBytes: 100 },
        { app: "blog", images: 1, sizeBytes: 141, sharedBytes: 100 },
      ],
      basesBytes: 1000,
      unusedBytes: 81,
      totalBytes: 1254,
    });
  });

  it("is nothing where there is nothing", () => {
    expect(diskUse(new Map([["shop", []]]), [])).toEqual({
      apps: [{ app: "shop", images: 0, sizeBytes: 0, sharedBytes: 0 }],
      basesBytes: 0,
      unusedBytes: 0,
      totalBytes: 0,
    });
  });
});
