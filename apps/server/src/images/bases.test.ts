import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Actor,
  type Artifact,
  BerthError,
  type Digest,
  quietLog,
  type Release,
  systemClock,
  systemRandom,
} from "@berth/core";
import { openSqliteStore } from "@berth/store";
import { expect, onTestFinished, test } from "vitest";
import { type BasesDeps, makeBases } from "./bases.ts";

const ada: Actor = { person: "ada", role: "owner" };
const node = "docker.io/library/node:24-slim";
const debian = "docker.io/library/debian:bookworm-slim";
const older: Digest = `sha256:${"1".repeat(64)}`;
const newer: Digest = `sha256:${"2".repeat(64)}`;

async function givenPins(...images: string[]) {
  const folder = await mkdtemp(join(tmpdir(), "berth-bases-"));
  const store = await openSqliteStore({
    file: join(folder, "berth.db"),
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  onTestFinished(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  for (const image of images) await store.bases.pin(image, older, ada);
  return store;
}

test("registries are asked only where someone wants to know", async () => {
  const asked: string[] = [];
  const bases = makeBases({
    store: await givenPins(node),
    resolve: async (image) => (asked.push(image), newer),
  });
  expect(await bases.list(false)).toMatchObject([{ image: node, digest: older, newer: null }]);
  expect(asked).toEqual([]);
  expect(await bases.list(true)).toMatchObject([{ image: node, digest: older, newer }]);
});

test("a registry that does not answer spoils only its own line", async () => {
  const bases = makeBases({
    store: await givenPins(node, debian),
    resolve: async (image) => {
      if (image === debian) throw new BerthError("registry.failed", "The registry is away.");
      return older;
    },
  });
  expect(await bases.list(true)).toMatchObject([
    { image: debian, problem: "The registry is away.", newer: null },
    { image: node, problem: null, newer: null },
  ]);
});

test("an update moves what has something newer, or nothing at all where a registry fails", async () => {
  const store = await givenPins(node, debian);
  let isAway = true;
  const bases = makeBases({
    store,
    resolve: async (image) => {
      if (image === debian && isAway) throw new BerthError("registry.failed", "The registry is away.");
      return image === node ? newer : older;
    },
  });
  await expect(bases.update(null, ada)).rejects.toMatchObject({ code: "registry.failed" });
  expect((await store.bases.get(node))?.digest).toBe(older);
  isAway = false;
  expect(await bases.update(null, ada)).toMatchObject([{ image: node, digest: newer }]);
});

test("an image that nothing is built on cannot be updated", async () => {
  const bases = makeBases({ store: await givenPins(), resolve: async () => newer });
  await expect(bases.update([node], ada)).rejects.toMatchObject({ code: "base.not-found", path: node });
});

test("an image is used by what was built in it, too", async () => {
  const image: Digest = `sha256:${"3".repeat(64)}`;
  const plan = { base: { image: debian, digest: older }, buildImage: { image: node, digest: newer } };
  const { bases: pins } = await givenPins(node, debian);
  const bases = makeBases({
    store: {
      bases: pins,
      environments: { listActive: async () => [{ app: "shop", name: "production", live: 1 }] },
      releases: { get: async () => ({ snapshot: { services: [{ image }] } }) as unknown as Release },
      artifacts: { get: async () => ({ provenance: { plan } }) as unknown as Artifact },
    } as unknown as BasesDeps["store"],
    resolve: async () => older,
  });
  expect(await bases.list(false)).toMatchObject([
    { image: debian, usedBy: ["shop/production"], outdated: [] },
    { image: node, usedBy: ["shop/production"], outdated: ["shop/production"] },
  ]);
});
