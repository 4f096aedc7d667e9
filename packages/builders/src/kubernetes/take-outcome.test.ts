import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Digest } from "@berth/core";
import type { Images, Layer } from "@berth/images";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeHome, openImagesIn } from "../testing/host.ts";
import { makePlan } from "../testing/plan.ts";
import type { BuildOutcome } from "./channel/protocol.ts";
import { takeOutcome } from "./take-outcome.ts";

let images: Images;
let closeImages: () => Promise<unknown>;
beforeEach(async () => {
  const opened = await openImagesIn(await makeHome());
  images = opened.images;
  closeImages = async () => opened.close();
});
afterEach(() => closeImages());

const app = new TextEncoder().encode("hello");
const plan = makePlan();

async function makeLayer(path: string): Promise<Layer> {
  const folder = await makeHome();
  await writeFile(join(folder, "a.txt"), app);
  const layer = await images.folderLayer({
    root: folder,
    sources: [{ host: join(folder, "a.txt"), path }],
    exclude: [],
  });
  await images.settle(layer.digest);
  return layer;
}

function built(layer: Layer): BuildOutcome {
  const made = { layer, abi: {}, summary: "" };
  return {
    kind: "built",
    layers: { tools: {}, platform: { os: "linux", architecture: "amd64", libc: null }, dependencies: null, app: made },
  };
}

const take = (layer: Layer, own: readonly Digest[]) =>
  takeOutcome(built(layer), plan, { isOurs: async (digest) => own.includes(digest) }, images);

it("does not take a layer that the pod only names", async () => {
  const layer = await makeLayer("app/a.txt");
  await expect(take(layer, [])).rejects.toMatchObject({ code: "image.not-found" });
  expect(await take(layer, [layer.digest])).toMatchObject({ layers: { app: { layer: { diffId: layer.diffId } } } });
});

it("reads what is noted of a layer from the layer, whatever the pod says", async () => {
  const layer = await makeLayer("app/a.txt");
  const lie: Layer = { ...layer, diffId: `sha256:${"0".repeat(64)}`, mediaType: "text/plain", sizeBytes: 1 };
  const { mediaType, diffId, sizeBytes } = layer;
  expect(await take(lie, [layer.digest])).toMatchObject({
    layers: { app: { layer: { mediaType, diffId, sizeBytes } } },
  });
});

it("does not take a layer with something outside of the app's folder", async () => {
  const layer = await makeLayer("usr/local/bin/node");
  await expect(take(layer, [layer.digest])).rejects.toMatchObject({ code: "image.unfit" });
});
