import { createHmac, hkdfSync, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "@berth/core";
import type { Artifact } from "@berth/core";
import type { SigningKey } from "./signing-key.ts";

/** The record of a build, sealed when it is made: what is signed of it later is signed only as it is now. */
export function sealArtifact(artifact: Artifact, key: SigningKey): Artifact {
  return { ...artifact, seal: sealOf(artifact, key).toString("hex") };
}

/** Whether a record is as it was sealed. */
export function isSealed(artifact: Artifact, key: SigningKey): boolean {
  const seal = Buffer.from(artifact.seal ?? "", "hex");
  const expected = sealOf(artifact, key);
  return seal.length === expected.length && timingSafeEqual(seal, expected);
}

/** What has no part in a statement, such as when it was stored, has none in its seal. */
function sealOf({ digest, key: build, provenance }: Artifact, key: SigningKey): Buffer {
  return createHmac("sha256", sealKey(key))
    .update(canonicalJson({ digest, key: build, provenance }))
    .digest();
}

/** It follows from the signing key, so that who cannot sign can seal nothing either. */
function sealKey({ privateKey }: SigningKey): Buffer {
  const secret = privateKey.export({ type: "pkcs8", format: "der" });
  return Buffer.from(hkdfSync("sha256", secret, "", "berth: seals of build records", 32));
}
