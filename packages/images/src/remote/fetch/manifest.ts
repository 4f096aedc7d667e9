import type { Digest } from "@berth/core";
import { digestOf } from "../../layout/blobs.ts";
import { RemoteProblem } from "../http/problem.ts";
import { retry } from "../http/retry.ts";
import { pull } from "../http/session.ts";
import { isDigest } from "../manifest/document.ts";
import { acceptManifests } from "../manifest/media-types.ts";
import type { Place } from "../places/place.ts";
import type { Reach } from "../reach.ts";
import type { Reference } from "./reference.ts";

/** What registries have to take, by the distribution spec. */
const largestManifestBytes = 4 * 1024 * 1024;
/** Attempts at a place that is not the last one to ask. */
export const attemptsOfMirrors = 2;

/** The bytes of a manifest, checked against its digest. Throws `PlacesFailed`. */
export function fetchManifest(
  reach: Reach,
  reference: Reference,
  digest: Digest,
  signal: AbortSignal,
): Promise<Buffer> {
  return askPlaces(reach, reference, signal, async (place) => {
    const { bytes } = await getManifest(reach, place, reference, digest, signal);
    const arrived = digestOf(bytes);
    if (arrived === digest) return bytes;
    throw new RemoteProblem("corrupt", place.origin, `sent ${arrived} where it was asked for ${digest}`);
  });
}

/** What a name stands for now. Throws `PlacesFailed`. */
export function resolveTag(reach: Reach, reference: Reference, signal: AbortSignal): Promise<Digest> {
  return askPlaces(reach, reference, signal, async (place) => {
    const head = await askHead(reach, place, reference, signal);
    if (head !== null) return head;
    const { bytes, digest } = await getManifest(reach, place, reference, reference.tag, signal);
    const hashed = digestOf(bytes);
    if (digest === null || digest === hashed) return hashed;
    throw new RemoteProblem("corrupt", place.origin, `calls a manifest ${digest} that is ${hashed}`);
  });
}

/** A manifest's digest without the manifest, which some registries do not count against their limits; null where it takes more than that. */
async function askHead(reach: Reach, place: Place, { repository, tag }: Reference, signal: AbortSignal) {
  try {
    const { headers } = await reach.session.document(
      place,
      repository,
      {
        method: "HEAD",
        target: `manifests/${tag}`,
        scopes: [pull(place, repository)],
        headers: { accept: acceptManifests },
        expect: [200],
        signal,
      },
      0,
    );
    const digest = headers["docker-content-digest"];
    return isDigest(digest) ? digest : null;
  } catch (error) {
    // Not everyone knows HEAD; and an answer without a body says too little of what is wrong.
    if (error instanceof RemoteProblem && error.options.status !== undefined && error.kind !== "busy") return null;
    throw error;
  }
}

async function getManifest(
  { session }: Reach,
  place: Place,
  { repository }: Reference,
  what: string,
  signal: AbortSignal,
): Promise<{ bytes: Buffer; digest: Digest | null }> {
  const { bytes, headers } = await session.document(
    place,
    repository,
    {
      method: "GET",
      target: `manifests/${what}`,
      scopes: [pull(place, repository)],
      headers: { accept: acceptManifests },
      expect: [200],
      signal,
    },
    largestManifestBytes,
  );
  const digest = headers["docker-content-digest"];
  return { bytes, digest: isDigest(digest) ? digest : null };
}

function askPlaces<T>(
  reach: Reach,
  { places }: Reference,
  signal: AbortSignal,
  work: (place: Place) => Promise<T>,
): Promise<T> {
  return reach.places.ask(places, signal, (place, isLast) =>
    retry(reach, isLast ? reach.limits.attempts : attemptsOfMirrors, signal, () => work(place)),
  );
}
