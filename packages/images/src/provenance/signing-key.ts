import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** The installation's value that holds the private key, as PKCS#8 in PEM. */
export const signingKeyName = "provenance-key";

/** A public Ed25519 key and its name. */
export interface VerifyingKey {
  /** SHA-256 of the public key in DER (SPKI), in hex: what a DSSE signature names its key by. */
  id: string;
  publicKey: KeyObject;
  /** SPKI in PEM. */
  pem: string;
}

export interface SigningKey extends VerifyingKey {
  privateKey: KeyObject;
}

/** A new private key, as PKCS#8 in PEM. */
export function drawSigningKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** Throws where the text is no private Ed25519 key. */
export function readSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  return { ...describe(createPublicKey(privateKey)), privateKey };
}

/** Throws where the text is no public Ed25519 key. */
export function readVerifyingKey(pem: string): VerifyingKey {
  return describe(createPublicKey(pem));
}

function describe(publicKey: KeyObject): VerifyingKey {
  if (publicKey.asymmetricKeyType !== "ed25519") {
    throw new TypeError(`a key of Ed25519 is needed, not of ${publicKey.asymmetricKeyType}`);
  }
  const der = publicKey.export({ type: "spki", format: "der" });
  const id = createHash("sha256").update(der).digest("hex");
  return { id, publicKey, pem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}
