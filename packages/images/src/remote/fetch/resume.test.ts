import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import { expect, it, onTestFinished } from "vitest";
import type { BlobDraft, BlobStore } from "../../layout/blob-store.ts";
import { addImage, makeLayer, noise } from "../testing/image.ts";
import { failureOf, openTestRemote, platform, signal } from "../testing/remote.ts";
import { serveRegistry } from "../testing/registry.ts";

const large = 3 * 1024 * 1024;
const child = join(import.meta.dirname, "..", "testing", "fetch-child.ts");

/** A registry that sends half of a layer and then nothing more, until it is `released`. */
async function setUp() {
  const registry = await serveRegistry();
  const made = addImage(registry, { layers: [makeLayer({ "large.bin": noise(large) })] });
  const layer: Digest = made.layers[0] ?? "sha256:";
  const blob = registry.blobs.get(layer) ?? Buffer.alloc(0);
  const test = await openTestRemote();
  const state = { isReleased: false };
  registry.intercept = (request, response) => {
    if (state.isReleased || !request.url?.includes(layer)) return false;
    response.writeHead(200, { "content-length": blob.length });
    response.write(blob.subarray(0, blob.length / 2));
    return true;
  };
  const partial = join(test.home, "images", "partial");
  const draftBytes = async () => {
    const [name] = await readdir(partial).catch(() => []);
    return name === undefined ? 0 : (await stat(join(partial, name))).size;
  };
  const halfThere = () => expect.poll(draftBytes, { timeout: 20_000 }).toBe(Math.floor(blob.length / 2));
  const image = `${registry.host}/team/base:1`;
  const fetch = (options = {}) =>
    test.remote.fetchBase({ image, digest: made.digest }, platform, { signal, ...options });
  return { ...test, registry, made, layer, blob, state, image, fetch, halfThere, partial };
}

it("goes on where a process was killed in the middle of a layer", async () => {
  const { registry, made, layer, blob, state, home, image, fetch, halfThere, blobs } = await setUp();
  const fetcher = spawn(process.execPath, [child, home, image, made.digest], { stdio: "inherit" });
  onTestFinished(() => void fetcher.kill("SIGKILL"));
  const closed = once(fetcher, "close");
  await halfThere();
  fetcher.kill("SIGKILL");
  expect((await closed)[1]).toBe("SIGKILL");
  // Nothing that names what is not there whole.
  const stored = await readdir(join(home, "images", "blobs", "sha256"));
  expect(stored).toEqual([made.config.slice("sha256:".length)]);

  state.isReleased = true;
  registry.asked.length = 0;
  const news: { doneBytes: number }[] = [];
  expect(await fetch({ onProgress: (progress: { doneBytes: number }) => news.push(progress) })).toMatchObject({
    digest: made.digest,
  });
  expect(registry.askedFor("GET", layer).map(({ headers }) => headers.range)).toEqual([
    `bytes=${Math.floor(blob.length / 2)}-`,
  ]);
  expect(registry.askedFor("GET", made.config)).toEqual([]);
  expect(news.at(-1)?.doneBytes).toBe(blob.length);
  expect(await blobs.readWhole(layer)).toEqual(blob);
});

it("goes on where someone did not want it any more", async () => {
  const { made, layer, blob, state, fetch, halfThere, registry } = await setUp();
  const leaving = new AbortController();
  const failed = failureOf(fetch({ signal: leaving.signal }));
  await halfThere();
  const reason = new Error("the deploy was cancelled");
  leaving.abort(reason);
  expect(await failed).toBe(reason);
  state.isReleased = true;
  expect(await fetch()).toMatchObject({ digest: made.digest });
  expect(registry.askedFor("GET", layer).at(-1)?.headers.range).toBe(`bytes=${Math.floor(blob.length / 2)}-`);
});

it("leaves nothing on a disk that is full, and the next try works", async () => {
  const { blobs, made, state, fetch, partial } = await setUp();
  state.isReleased = true;
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  const draft = blobs.draft;
  const filling = { left: large / 2 };
  const limited = (real: BlobDraft): BlobDraft => ({
    ...real,
    get sizeBytes() {
      return real.sizeBytes;
    },
    async append(chunk) {
      filling.left -= chunk.length;
      if (filling.left < 0) throw full;
      await real.append(chunk);
    },
  });
  const store: BlobStore = blobs;
  store.draft = async (name) => limited(await draft(name));
  expect(await failureOf(fetch())).toBe(full);
  expect(await readdir(partial)).toEqual([]);
  filling.left = Infinity;
  expect(await fetch()).toMatchObject({ digest: made.digest });
});
