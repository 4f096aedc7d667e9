import type { BaseImage, Digest, Platform, VerificationCheck } from "@berth/core";
import { describeImage } from "../../describe.ts";
import type { ImageDescription } from "../../describe.ts";
import type { BlobStore } from "../../layout/blob-store.ts";
import { baseLayerCount, foreignAnnotation } from "../../manifest.ts";
import { problemOf } from "../attached.ts";
import { failed, ok, short, unchecked } from "./outcome.ts";

interface Index {
  manifests?: { digest: Digest; platform?: { os: string; architecture: string } }[];
}

/** Whether the lowest layers of an image are those of the base that the plan pins. */
export async function checkBase(
  blobs: BlobStore,
  image: ImageDescription,
  base: BaseImage,
  platform: Platform,
): Promise<VerificationCheck> {
  const count = baseLayerCount(image);
  if (foreignAnnotation in image.annotations) return unchecked("base", "the Dockerfile says what it lies on");
  if (base.digest === null) {
    return count === 0
      ? ok("base", "there is none in it")
      : failed("base", `the image has ${count} layers of a base that the plan does not pin`);
  }
  const name = `${base.image}@${short(base.digest)}`;
  if (count === 0) return failed("base", `the plan pins ${name}, and the image has no layer of it`);
  try {
    const manifest = await manifestFor(blobs, base.digest, platform);
    if (manifest === null) return unchecked("base", `${name} is not kept here any more`);
    const expected = (await describeImage(blobs, manifest)).layers.map(({ diffId }) => diffId);
    const found = image.layers.slice(0, count).map(({ diffId }) => diffId);
    const at = expected.findIndex((diffId, index) => diffId !== found[index]);
    if (at === -1 && expected.length === found.length) return ok("base", `${count} layers of ${name}`);
    const differing = at === -1 ? expected.length : at;
    const [theirs = "none", ours = "none"] = [expected[differing], found[differing]];
    return failed("base", `layer ${differing + 1} of ${name} is ${short(theirs)}, that of the image is ${short(ours)}`);
  } catch (error) {
    return failed("base", `${name}: ${problemOf(error)}`);
  }
}

/** The manifest that a base's digest stands for on a platform; null where it is not there. */
async function manifestFor(blobs: BlobStore, digest: Digest, platform: Platform): Promise<Digest | null> {
  if ((await blobs.sizeBytes(digest)) === null) return null;
  const { manifests }: Index = JSON.parse((await blobs.readWhole(digest)).toString());
  if (manifests === undefined) return digest;
  for (const one of manifests) {
    const fits = one.platform?.os === platform.os && one.platform.architecture === platform.architecture;
    // Of several that fit, such as variants of ARM, the one that was fetched.
    if (fits && (await blobs.sizeBytes(one.digest)) !== null) return one.digest;
  }
  return null;
}
