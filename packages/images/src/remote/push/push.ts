import { BerthError, makeSerial } from "@berth/core";
import type { Digest } from "@berth/core";
import type { Referrers } from "../../layout/referrers.ts";
import { RemoteProblem } from "../http/problem.ts";
import { readManifest } from "../manifest/document.ts";
import type { ManifestDocument } from "../manifest/document.ts";
import { imageNameAt } from "../places/registry-address.ts";
import type { RegistryAddress } from "../places/registry-address.ts";
import { isThere, makeDestination } from "./destination.ts";
import type { Destination } from "./destination.ts";
import { annotationsOf, makePushBlobs } from "./push-blobs.ts";
import type { PushBlobsDeps } from "./push-blobs.ts";
import { putManifest } from "./put-manifest.ts";
import { describeReferrer, listUnderTag } from "./referrers.ts";
import { makeTally } from "./tally.ts";
import type { PushProgress, Tally } from "./tally.ts";

export interface PushTarget {
  registry: RegistryAddress;
  /** Below the registry's folder, such as `shop`. */
  repository: string;
  tags: readonly string[];
}

export interface PushOptions {
  signal: AbortSignal;
  /** A repository below the registry's folder that may hold some of it, such as another app's. */
  mountFrom?: string;
  /** Called when a blob is there. */
  onProgress?: (progress: PushProgress) => void;
}

/** What a push did. */
export interface PushResult extends Pick<Tally, "mounted" | "present" | "manifests" | "uploaded"> {
  /** How others name the image: `registry.example/team/shop@sha256:…`. */
  name: string;
  uploadedBytes: number;
}

export type Push = (digest: Digest, target: PushTarget, options: PushOptions) => Promise<PushResult>;

type Image = Exclude<ManifestDocument, { kind: "other" }>;

/** Pushes images to other registries, and of each only what is missing there. */
export function makePusher(deps: PushBlobsDeps & { referrers: Referrers }): Push {
  const { reach, blobs, referrers } = deps;
  const pushBlobs = makePushBlobs(deps);
  /** Who refers to a subject is listed by one at a time. */
  const serial = makeSerial();

  async function readImage(digest: Digest): Promise<{ bytes: Buffer; image: Image }> {
    const bytes = await blobs.readWhole(digest);
    const image = readManifest(bytes);
    if (image.kind !== "other") return { bytes, image };
    throw new BerthError("image.corrupt", `The stored manifest ${digest} is no image: ${image.why}.`, { path: digest });
  }

  /** What a manifest names, before it. */
  async function pushParts(destination: Destination, bytes: Buffer, image: Image, other: string | null, tally: Tally) {
    if (image.kind === "manifest")
      return pushBlobs(destination, { ...image, annotations: annotationsOf(bytes), other }, tally);
    for (const { digest } of image.entries) await pushManifest(destination, digest, other, tally, false);
  }

  /** A manifest with all that it names. One that is there has everything, unless `always` asks for it to be put again. */
  async function pushManifest(
    destination: Destination,
    digest: Digest,
    other: string | null,
    tally: Tally,
    always: boolean,
  ): Promise<{ bytes: Buffer; mediaType: string; listsSubject: boolean }> {
    const { bytes, image } = await readImage(digest);
    const { mediaType } = image;
    const isKnown = await destination.persist(() => isThere(destination, "manifests", digest, mediaType));
    if (isKnown && !always) return { bytes, mediaType, listsSubject: true };
    const put = async () => {
      if (!isKnown) await pushParts(destination, bytes, image, other, tally);
      return putManifest(destination, digest, mediaType, bytes);
    };
    const { listsSubject } = await put().catch((error: unknown) => {
      // The registry may have thrown a blob away since it said that it has it.
      if (error instanceof RemoteProblem && error.options.code?.endsWith("BLOB_UNKNOWN") === true) return put();
      throw error;
    });
    tally.manifests.push(digest);
    return { bytes, mediaType, listsSubject };
  }

  async function pushReferrers(destination: Destination, subject: Digest, tally: Tally): Promise<void> {
    for (const digest of await referrers.list(subject)) {
      const { bytes, mediaType, listsSubject } = await pushManifest(destination, digest, null, tally, true);
      if (!listsSubject) await listUnderTag(destination, subject, describeReferrer(digest, mediaType, bytes));
    }
  }

  return async (digest, { registry, repository, tags }, { signal, mountFrom, onProgress }) => {
    const destination = makeDestination(reach, registry, repository, signal);
    const tally = makeTally(onProgress ?? (() => {}));
    const other = mountFrom === undefined ? null : `${registry.folder}${mountFrom}`;
    const { bytes, mediaType } = await pushManifest(destination, digest, other, tally, false);
    await serial(`${registry.origin} ${destination.fullName} ${digest}`, () =>
      pushReferrers(destination, digest, tally),
    );
    await Promise.all(tags.map((tag) => putManifest(destination, tag, mediaType, bytes)));
    const { uploaded, mounted, present, manifests } = tally;
    return {
      name: `${imageNameAt(registry, repository)}@${digest}`,
      uploaded,
      uploadedBytes: uploaded.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      mounted,
      present,
      manifests,
    };
  };
}
