import { BerthError, makeSerial, parseImageName } from "@berth/core";
import type { BlobStore } from "../../layout/blob-store.ts";
import { allOrNone } from "../all-or-none.ts";
import { isRecord } from "../http/refusal.ts";
import { makeLimiter } from "../limiter.ts";
import type { BlobDescriptor } from "../manifest/document.ts";
import type { Mirrors } from "../places/mirrors.ts";
import type { Reach } from "../reach.ts";
import { isThere } from "./destination.ts";
import type { Destination } from "./destination.ts";
import { makeHolders, repositoryOfBase } from "./holders.ts";
import type { Tally } from "./tally.ts";
import { uploadBlob } from "./upload.ts";

export interface PushBlobsDeps {
  reach: Reach;
  blobs: BlobStore;
  mirrors: Mirrors;
}

/** The blobs of a manifest, and where the registry may have them already. */
export interface BlobsOfManifest {
  config: BlobDescriptor;
  layers: readonly BlobDescriptor[];
  annotations: Readonly<Record<string, unknown>>;
  /** A repository of the registry that may hold some of them. */
  other: string | null;
}

export type PushBlobs = (destination: Destination, parts: BlobsOfManifest, tally: Tally) => Promise<void>;

/** Sees to it that all blobs of a manifest are in a repository, each by the cheapest way there is. */
export function makePushBlobs({ reach, blobs, mirrors }: PushBlobsDeps): PushBlobs {
  const limiter = makeLimiter(reach.limits.uploads);
  const holders = makeHolders();
  /** A blob goes to a registry once: whoever else needs it there waits, and has it taken over. */
  const serial = makeSerial();

  function pushBlob(destination: Destination, blob: BlobDescriptor, from: string | null) {
    const { place, fullName, signal } = destination;
    return serial(`${place.origin} ${blob.digest}`, async () => {
      if (await destination.persist(() => isThere(destination, "blobs", blob.digest))) return "present";
      await requireBlob(blobs, blob);
      const holder = holders.find(place, blob.digest, fullName) ?? from;
      const options = { chunkBytes: reach.limits.chunkBytes, from: holder === fullName ? null : holder };
      return limiter(signal, () => uploadBlob(destination, blobs, blob, options));
    });
  }

  return async (destination, { config, layers, annotations, other }, tally) => {
    const base = repositoryOfBase(baseOf(annotations), destination.place, mirrors);
    const baseLayers = Number(annotations["dev.berth.base.layers"] ?? 0);
    const froms = layers.map((layer, index) => ({ blob: layer, from: index < baseLayers ? (base ?? other) : other }));
    // A layer may be named twice.
    const all = new Map([{ blob: config, from: null }, ...froms].map((one) => [one.blob.digest, one]));
    tally.expect(all.size);
    await allOrNone(destination.signal, (shared) =>
      [...all.values()].map(async ({ blob, from }) => {
        const outcome = await pushBlob(destination.within(shared), blob, from);
        holders.note(destination.place, destination.fullName, [blob.digest]);
        tally.count(blob, outcome);
      }),
    );
  };
}

async function requireBlob(blobs: BlobStore, { digest, sizeBytes }: BlobDescriptor): Promise<void> {
  const there = await blobs.sizeBytes(digest);
  if (there === sizeBytes) return;
  const isGone = there === null;
  const message = isGone
    ? `There is no blob ${digest}.`
    : `The stored blob ${digest} has another size than its manifest says.`;
  throw new BerthError(isGone ? "image.not-found" : "image.corrupt", message, {
    path: digest,
    hint: "Deploy the app again to make its image anew.",
  });
}

/** The name of the base, where it can be one. */
function baseOf(annotations: Readonly<Record<string, unknown>>): string | null {
  const name = annotations["org.opencontainers.image.base.name"];
  return typeof name === "string" && parseImageName(name).repository !== "" ? name : null;
}

export function annotationsOf(bytes: Buffer): Record<string, unknown> {
  const manifest: unknown = JSON.parse(bytes.toString());
  const annotations: unknown = isRecord(manifest) ? manifest["annotations"] : null;
  return isRecord(annotations) ? annotations : {};
}
