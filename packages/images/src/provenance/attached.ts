import { BerthError } from "@berth/core";
import type { Digest } from "@berth/core";
import { z } from "zod";
import type { Images } from "../images.ts";
import { manifestMediaType } from "../manifest.ts";
import type { Descriptor } from "../manifest.ts";
import { emptyConfig, makeArtifactManifest } from "./artifact-manifest.ts";
import type { AttachedArtifact } from "./artifact-manifest.ts";

/** An artifact that lies beside an image. */
export interface Attached {
  /** Of its manifest. */
  digest: Digest;
  artifactType: string;
  /** Its first blob, which holds it. */
  blob: Digest;
  /** Its configuration, mostly an empty one. */
  config: Digest;
  /** Why its manifest cannot be believed, in a sentence; the other fields say nothing then. */
  problem: string | null;
}

const digestSchema = z.templateLiteral(["sha256:", z.string().regex(/^[0-9a-f]{64}$/)]);
const manifestSchema = z.looseObject({
  artifactType: z.string().optional(),
  config: z.looseObject({ mediaType: z.string(), digest: digestSchema }),
  layers: z.array(z.looseObject({ digest: digestSchema })).min(1),
  subject: z.looseObject({ digest: digestSchema }),
});

type ImageBlobs = Pick<Images, "blobs" | "referrers">;

/** Lays an artifact beside an image. Nothing changes where it lies there already. */
export async function attachArtifact(
  { blobs, referrers }: ImageBlobs,
  subject: Descriptor,
  artifact: AttachedArtifact,
): Promise<Digest> {
  // The blobs first: where a manifest is, all that it names is there.
  await Promise.all([blobs.put(artifact.content), blobs.put(emptyConfig)]);
  const manifest = await blobs.put(makeArtifactManifest(artifact, subject));
  await referrers.add(subject.digest, manifest);
  return manifest;
}

/** The image as artifacts name it. Throws `image.not-found`. */
export async function imageDescriptor({ blobs }: ImageBlobs, digest: Digest): Promise<Descriptor> {
  return { mediaType: manifestMediaType, digest, size: (await blobs.readWhole(digest)).length };
}

/** All that lies beside an image. */
export async function listAttached({ blobs, referrers }: ImageBlobs, image: Digest): Promise<Attached[]> {
  const digests = await referrers.list(image);
  return Promise.all(
    digests.map(async (digest): Promise<Attached> => {
      try {
        const text = (await blobs.readWhole(digest)).toString();
        const { artifactType, config, layers, subject } = manifestSchema.parse(JSON.parse(text));
        const [blob] = layers;
        if (blob === undefined || subject.digest !== image) return broken(digest, `it refers to ${subject.digest}`);
        const type = artifactType ?? config.mediaType;
        return { digest, artifactType: type, blob: blob.digest, config: config.digest, problem: null };
      } catch (error) {
        return broken(digest, problemOf(error));
      }
    }),
  );
}

function broken(digest: Digest, problem: string): Attached {
  return { digest, artifactType: "", blob: digest, config: digest, problem };
}

/** What is wrong with something that could not be read, for people. Passes on what is no problem of the content. */
export function problemOf(error: unknown): string {
  if (error instanceof BerthError && (error.code === "image.corrupt" || error.code === "image.not-found")) {
    return error.code === "image.corrupt" ? "its bytes are not what its digest says" : "it is not there";
  }
  if (error instanceof z.ZodError || error instanceof SyntaxError) return "it is not what its type says";
  throw error;
}
