import { canonicalJson } from "@berth/core";
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
