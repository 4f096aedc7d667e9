import { Readable } from "node:stream";
import type { Destination } from "./destination.ts";

/** Puts a manifest under a tag or its digest. Says whether the registry lists it for its subject. */
export async function putManifest(
  destination: Destination,
  reference: string,
  mediaType: string,
  bytes: Buffer,
): Promise<{ listsSubject: boolean }> {
  const body = { sizeBytes: bytes.length, open: () => Readable.from([bytes]) };
  const answer = await destination.persist(() =>
    destination.ask({
      method: "PUT",
      target: `manifests/${reference}`,
      headers: { "content-type": mediaType },
      body,
      expect: [201, 200, 202],
    }),
  );
  answer.drop();
  return { listsSubject: answer.headers["oci-subject"] !== undefined };
}
