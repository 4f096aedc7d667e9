import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import { expect, it } from "vitest";
import { digestOf } from "../layout/blobs.ts";
import { startTestRegistry } from "../registry/testing/registry.ts";
import { parseRegistry } from "./places/registry-address.ts";
import { serveCutting } from "./testing/cutting-proxy.ts";
import { addImage, makeLayer, noise } from "./testing/image.ts";
import { account, hasRegistryProgram, startRealRegistry } from "./testing/real-registry.ts";
import { serveRegistry } from "./testing/registry.ts";
import { basicAuth, failureOf, openTestRemote, platform, signal } from "./testing/remote.ts";
import type { TestRemote } from "./testing/remote.ts";
import { describeWith } from "./testing/requires.ts";

const shared = "http://127.0.0.1:5055";

async function isServed(): Promise<boolean> {
  try {
    const { tags } = (await (await fetch(`${shared}/v2/library/node/tags/list`)).json()) as { tags?: string[] };
    return tags?.includes("24-slim") === true;
  } catch {
    return false;
  }
}

describeWith("base images on localhost:5055", await isServed(), "no registry answers there", () => {
  const mirrors = `docker.io=${shared}`;

  it("fetches the base of Node, and finds out what it brings", async () => {
    const { remote, blobs } = await openTestRemote({ mirrors });
    const digest = await remote.resolve("node:24-slim", signal);
    const base = await remote.fetchBase({ image: "docker.io/library/node:24-slim", digest }, platform, { signal });
    expect(base).toMatchObject({
      image: "docker.io/library/node:24-slim",
      digest,
      platform: { os: "linux", architecture: "amd64", libc: "glibc" },
      glibc: "2.36",
    });
    expect(base.env.some((line) => line.startsWith("NODE_VERSION=24."))).toBe(true);
    for (const layer of base.layers) expect(await blobs.sizeBytes(layer.digest)).toBe(layer.sizeBytes);
  });

  it("keeps what two bases share once", async () => {
    const { remote } = await openTestRemote({ mirrors });
    const [node, debian] = await Promise.all(
      ["node:22-slim", "debian:bookworm-slim"].map(async (image) => {
        const digest = await remote.resolve(image, signal);
        return remote.fetchBase({ image, digest }, platform, { signal });
      }),
    );
    expect(node?.layers[0]?.digest).toBe(debian?.layers[0]?.digest);
  });

  it("says which tags there are instead of one that is not", async () => {
    const { remote } = await openTestRemote({ mirrors: `localhost:5055=${shared}` });
    expect(await failureOf(remote.resolve("localhost:5055/library/node:24-slin", signal))).toMatchObject({
      code: "base.not-found",
      hint: "Did you mean localhost:5055/library/node:24-slim?",
    });
  });
});

/** An image in the layout of a client, with what refers to it. */
async function makeImage({ blobs, referrers }: TestRemote, sizeBytes = 1000) {
  const source = await serveRegistry();
  const made = addImage(source, { layers: [makeLayer({ base: noise(1000) }), makeLayer({ app: noise(sizeBytes) })] });
  for (const bytes of [...source.blobs.values(), ...[...source.manifests.values()].map((one) => one.bytes)])
    await blobs.put(bytes);
  const manifest = {
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: "application/vnd.in-toto+json",
    config: { mediaType: "application/vnd.oci.empty.v1+json", digest: await blobs.put("{}"), size: 2 },
    layers: [{ mediaType: "application/vnd.in-toto+json", digest: await blobs.put("statement"), size: 9 }],
    subject: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: made.digest, size: 1 },
  };
  const referrer = await blobs.put(JSON.stringify(manifest));
  await referrers.add(made.digest, referrer);
  return { ...made, referrer };
}

it("pushes to another Berth, which lists the referrers itself", async () => {
  const berth = await startTestRegistry();
  const host = new URL(berth.origin).host;
  const { remote, ...test } = await openTestRemote({
    dockerConfig: { auths: { [host]: { auth: basicAuth("any", "ada") } } },
  });
  const made = await makeImage({ remote, ...test });
  const target = { registry: parseRegistry(host), repository: "shop", tags: ["main"] };
  const result = await remote.push(made.digest, target, { signal });
  expect(result.uploaded).toHaveLength(5);
  const listed = (await berth.send("GET", `/v2/shop/referrers/${made.digest}`)).json();
  expect(listed).toMatchObject({ manifests: [{ digest: made.referrer }] });
  const tags = (await berth.send("GET", "/v2/shop/tags/list")).json();
  expect(tags).toMatchObject({ tags: ["main"] });
  const other = await remote.push(made.digest, { ...target, repository: "notes" }, { signal });
  expect(other).toMatchObject({ uploaded: [] });
  const base = { image: `${host}/shop:main`, digest: await remote.resolve(`${host}/shop:main`, signal) };
  const there = await openTestRemote({ dockerConfig: { auths: { [host]: { auth: basicAuth("any", "vera") } } } });
  expect(await there.remote.fetchBase(base, platform, { signal })).toMatchObject({ digest: made.digest });
});

const missing = "docker-registry is not installed";
describeWith("a registry of its own", hasRegistryProgram(), missing, () => {
  const login = (host: string, password = account.password) => ({
    auths: { [host]: { auth: basicAuth(account.user, password) } },
  });

  it("pushes an image with its referrers, and fetches it in another home", async () => {
    const host = await startRealRegistry();
    const here = await openTestRemote({ dockerConfig: login(host) });
    const made = await makeImage(here);
    const target = { registry: parseRegistry(`${host}/team`), repository: "shop", tags: ["main"] };
    const result = await here.remote.push(made.digest, target, { signal });
    expect(result.name).toBe(`${host}/team/shop@${made.digest}`);
    expect(result.uploaded).toHaveLength(5);
    expect(result.manifests).toEqual([made.digest, made.referrer]);

    const there = await openTestRemote({ dockerConfig: login(host) });
    const image = `${host}/team/shop:main`;
    expect(await there.remote.resolve(image, signal)).toBe(made.digest);
    const base = await there.remote.fetchBase({ image, digest: made.digest }, platform, { signal });
    expect(base.layers.map(({ digest }) => digest)).toEqual(made.layers);
    // This registry lists no referrers, so they are under a tag.
    const tag = `${host}/team/shop:${made.digest.replace(":", "-")}`;
    const index = await there.remote.resolve(tag, signal);
    expect(index).not.toBe(made.digest);
  });

  it("uploads only what is missing, and has the rest taken over", async () => {
    const host = await startRealRegistry();
    const test = await openTestRemote({ dockerConfig: login(host) });
    const first = await makeImage(test);
    const registry = parseRegistry(host);
    await test.remote.push(first.digest, { registry, repository: "shop", tags: [] }, { signal });
    const again = await test.remote.push(first.digest, { registry, repository: "shop", tags: ["v2"] }, { signal });
    expect(again).toMatchObject({ uploaded: [], mounted: [] });
    const other = await test.remote.push(first.digest, { registry, repository: "other", tags: [] }, { signal });
    expect(other.uploaded).toEqual([]);
    expect(other.mounted).toHaveLength(5);
    // A process that has just begun knows of no other repository but the one it is told.
    const next = await openTestRemote({ home: test.home, dockerConfig: login(host) });
    const third = { registry, repository: "third", tags: [] };
    const mounted = await next.remote.push(first.digest, third, { signal, mountFrom: "other" });
    expect(mounted.mounted).toEqual(expect.arrayContaining([...first.layers]));
  });

  it("says whose login is refused", async () => {
    const host = await startRealRegistry();
    const nobody = await openTestRemote();
    const made = await makeImage(nobody);
    const target = { registry: parseRegistry(host), repository: "shop", tags: [] };
    expect(await failureOf(nobody.remote.push(made.digest, target, { signal }))).toMatchObject({
      code: "registry.failed",
      hint: expect.stringContaining(`docker login ${host}`),
    });
    const wrong = await openTestRemote({ dockerConfig: login(host, "wrong") });
    expect(await failureOf(wrong.remote.resolve(`${host}/shop:1`, signal))).toMatchObject({
      code: "base.unauthorised",
      hint: expect.stringContaining("those of ada"),
    });
    const right = await openTestRemote({ dockerConfig: login(host) });
    expect(await failureOf(right.remote.resolve(`${host}/shop:1`, signal))).toMatchObject({ code: "base.not-found" });
  });

  it("gets an image up and down a connection that breaks again and again", async () => {
    const host = await startRealRegistry();
    const here = await openTestRemote({ dockerConfig: {} });
    const made = await makeImage(here, 12 * 1024 * 1024);
    const up = await serveCutting(host, 3 * 1024 * 1024, 3);
    const first = await openTestRemote({ home: here.home, dockerConfig: login(up.host) });
    await first.remote.push(
      made.digest,
      { registry: parseRegistry(up.host), repository: "shop", tags: ["1"] },
      { signal },
    );
    expect(up.cuts).toBe(3);

    const down = await serveCutting(host, 3 * 1024 * 1024, 3);
    const second = await openTestRemote({ dockerConfig: login(down.host) });
    const image = `${down.host}/shop:1`;
    await second.remote.fetchBase({ image, digest: made.digest }, platform, { signal });
    expect(down.cuts).toBe(3);
    const layer: Digest = made.layers[1] ?? made.digest;
    expect(digestOf(await second.blobs.readWhole(layer))).toBe(layer);
    await rm(join(second.home, "images"), { recursive: true });
  });
});
