import { canonicalJson } from "@berth/core";
import { z } from "zod";
import { envelopeSchema } from "./dsse.ts";
import type { Envelope } from "./dsse.ts";

export const bundleMediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

/** An envelope in the form in which cosign looks for attestations beside an image. Source: Sigstore's protobuf specifications, Bundle v0.3. */
export function makeBundle(envelope: Envelope): string {
  const [signature] = envelope.signatures;
  return canonicalJson({
    mediaType: bundleMediaType,
    verificationMaterial: { publicKey: { hint: signature?.keyid ?? "" } },
    dsseEnvelope: envelope,
  });
}

const bundleSchema = z.looseObject({ dsseEnvelope: envelopeSchema });

/** The envelope in a bundle; null where the text is none. */
export function envelopeIn(bundle: string): Envelope | null {
  try {
    return bundleSchema.parse(JSON.parse(bundle)).dsseEnvelope;
  } catch {
    return null;
  }
}
