import { join } from "node:path";
import type { Digest } from "@berth/core";
import { expect, it } from "vitest";
import { digestOf } from "../../layout/blobs.ts";
import { hexOf } from "../../layout/paths.ts";
import { makeHome, openTestImages } from "../../testing/images.ts";
import { manifestType } from "../testing/registry.ts";
import { makeAliases } from "./aliases.ts";
import { makeManifestReader } from "./manifest-reader.ts";
import { pruneRepository } from "./prune-repository.ts";
import { nothingReleased } from "./released.ts";
import { makeRepositoryFiles } from "./repository-files.ts";

it("reads once what refers to each manifest, however long the chain of them is", async () => {
  const home = await makeHome();
  const { blobs } = await openTestImages(home);
  const clock = { now: () => 1_000 };
  const drafts = join(home, "images", "drafts");
  const aliases = makeAliases({ folder: join(home, "aliases"), drafts, blobs, clock });
  const reader = makeManifestReader({ blobs, aliases });
  const files = makeRepositoryFiles(join(home, "repository"), drafts);
  const asked: string[] = [];
  const watched = {
    ...files,
    referrersOf(subject: Digest) {
      asked.push(subject);
      return files.referrersOf(subject);
    },
  };
  const config = await blobs.put("{}");
  const chain: Digest[] = [];
  for (let index = 0; index < 60; index++) {
    const subject = chain.at(-1);
    const text = JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: { mediaType: "application/vnd.oci.empty.v1+json", digest: config, size: 2 },
      layers: [],
      annotations: { index: String(index) },
      ...(subject !== undefined && { subject: { mediaType: manifestType, digest: subject, size: 1 } }),
    });
    const digest = await blobs.put(text);
    await files.manifests.write(hexOf(digest), manifestType, clock.now());
    if (subject !== undefined) await files.referrersOf(subject).write(hexOf(digest), "", clock.now());
    chain.push(digest);
  }
  await files.tags.write("1", chain[0] ?? digestOf(""), clock.now());
  const repository = {
    files: watched,
    released: nothingReleased,
    name: "shop",
    app: "shop",
    isThere: async () => true,
    findManifest: async () => null,
    findBlob: async () => null,
    tags: async () => ["1"],
    referrersOf: async () => [],
    linkBlob: async () => false,
  };
  expect(await pruneRepository({ aliases, reader }, repository, 2_000)).toEqual(new Set(chain));
  // Once to mark, once to sweep.
  expect(asked).toHaveLength(2 * (chain.length - 1));
  await files.tags.remove("1");
  expect(await pruneRepository({ aliases, reader }, repository, 2_000)).toEqual(new Set());
});
