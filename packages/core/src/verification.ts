import type { Digest, Provenance } from "./artifact.ts";
import type { Release } from "./release.ts";
import type { Scope } from "./runtime.ts";

/**
 * What is checked of an image:
 * - `signature`: its provenance is there and signed with this installation's key; the message says where that was done after the build
 * - `subject`: the provenance is of this image
 * - `record`: the provenance says what the record of the build says, the plan with it
 * - `source`: what was built is the tree of the release's commit
 * - `manifest`, `config`, `layer`: each blob is what its digest says, and they fit each other
 * - `base`: the lowest layers are those of the pinned base
 * - `sbom`: the bill of materials is the one that the provenance names
 * - `copy`: the unpacked copy that instances run from is what the layers say
 */
export type CheckName =
  | "signature"
  | "subject"
  | "record"
  | "source"
  | "manifest"
  | "config"
  | "layer"
  | "base"
  | "sbom"
  | "copy";

/** One check and how it came out. `unchecked`: there is nothing to check it against, and the message says why. */
export interface VerificationCheck {
  check: CheckName;
  state: "ok" | "failed" | "unchecked";
  /** What was found: of a failed check what differs. */
  message: string;
}

export interface VerifiedImage {
  service: string;
  image: Digest;
  checks: readonly VerificationCheck[];
}

/** Whether a release is what its provenance says. */
export interface Verification extends Scope {
  version: number;
  /** That no check has failed. */
  verified: boolean;
  /** The key that its provenance has to be signed with. */
  key: string;
  services: readonly VerifiedImage[];
}

/** How the image of a service was made. */
export interface ImageOrigin {
  service: string;
  image: Digest;
  /** Of all its blobs; null where the image is not there. */
  sizeBytes: number | null;
  layers: readonly OriginLayer[];
  /** Null where the record of the build is gone. */
  provenance: Provenance | null;
  /** Null where there is no signed provenance. It is looked up here, not verified. */
  signature: { key: string; envelope: Digest } | null;
  /** Null where there is none. */
  sbom: { digest: Digest; components: number } | null;
}

export interface OriginLayer {
  digest: Digest;
  sizeBytes: number;
  /** What is in it: of the base, of the dependencies alone, what Berth adds, the app, or whatever a Dockerfile says. */
  holds: "base" | "dependencies" | "support" | "app" | "dockerfile";
}

/** A public key as others check with it. */
export interface ProvenanceKey {
  /** SHA-256 of the key in DER (SPKI), in hex. */
  id: string;
  algorithm: "ed25519";
  /** SPKI in PEM. */
  publicKey: string;
}

/** How releases were made, for whoever asks. */
export interface Provenances {
  /** What provenance is signed with. */
  key: ProvenanceKey;
  /** How the images of a release were made, in the order of its services. */
  origins(release: Release): Promise<ImageOrigin[]>;
  /** Checks everything that is known of a release, reading all its bytes. One at a time. */
  verify(release: Release): Promise<Verification>;
  /** What was signed of an image, and what is in it, as they are stored. Null where there is none. */
  document(image: Digest, kind: "provenance" | "sbom"): Promise<Uint8Array | null>;
}
