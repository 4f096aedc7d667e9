import { sign, verify } from "node:crypto";
import { canonicalJson } from "@berth/core";
import { z } from "zod";
import type { SigningKey, VerifyingKey } from "./signing-key.ts";

export const envelopeMediaType = "application/vnd.dsse.envelope.v1+json";
export const statementMediaType = "application/vnd.in-toto+json";

export const envelopeSchema = z.object({
  payloadType: z.string(),
  /** In base64. */
  payload: z.base64(),
  signatures: z.array(z.object({ keyid: z.string().optional(), sig: z.base64() })).min(1),
});

/** A signed payload. Source: DSSE v1.0, envelope.md. */
export type Envelope = z.output<typeof envelopeSchema>;

/** What is signed: type and content with their lengths, so that neither can be taken for a part of the other. Source: DSSE v1.0, protocol.md. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([Buffer.from(`DSSEv1 ${type.length} `), type, Buffer.from(` ${payload.length} `), payload]);
}

/** Signs a statement. Ed25519 draws nothing, so equal statements give equal envelopes. */
export function signStatement(statement: object, key: SigningKey): Envelope {
  const payload = Buffer.from(canonicalJson(statement));
  const sig = sign(null, preAuthEncoding(statementMediaType, payload), key.privateKey);
  return {
    payloadType: statementMediaType,
    payload: payload.toString("base64"),
    signatures: [{ keyid: key.id, sig: sig.toString("base64") }],
  };
}

/** Reads an envelope. Throws where the bytes are none. */
export function readEnvelope(bytes: Uint8Array): Envelope {
  return envelopeSchema.parse(JSON.parse(Buffer.from(bytes).toString()));
}

/** The content of an envelope, whether it is signed or not. */
export function payloadOf(envelope: Envelope): Buffer {
  return Buffer.from(envelope.payload, "base64");
}

/** Why an envelope is not signed with this key, in a sentence's second half; null where it is. */
export function signatureProblem(envelope: Envelope, key: Pick<VerifyingKey, "id" | "publicKey">): string | null {
  const signed = preAuthEncoding(envelope.payloadType, payloadOf(envelope));
  const isGood = envelope.signatures.some(({ sig }) => verify(null, signed, key.publicKey, Buffer.from(sig, "base64")));
  if (isGood) return null;
  // A key's name is a hint alone: any signature that fits counts, and none that does not.
  const named = envelope.signatures.map(({ keyid }) => keyid ?? "a key without a name");
  return named.includes(key.id)
    ? "what is signed, or the signature, is not what it was"
    : `it is signed with another key (${named.join(", ")})`;
}
