import { canonicalJson } from "@berth/core";
import type { Digest } from "@berth/core";
import { bundleFromJSON } from "@sigstore/bundle";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { describe, expect, it } from "vitest";
import { makeBundle } from "./bundle.ts";
import { payloadOf, preAuthEncoding, readEnvelope, signatureProblem, signStatement } from "./dsse.ts";
import { drawSigningKey, readSigningKey, readVerifyingKey } from "./signing-key.ts";
import { makeStatement } from "./statement.ts";
import { sbomOf } from "./statement-types.ts";
import { testPlan, testProvenance } from "./testing/provenance.ts";

const image: Digest = `sha256:${"1".repeat(64)}`;
const sbom: Digest = `sha256:${"2".repeat(64)}`;
const of = { image, key: "k".repeat(64), sbom, signedLater: false };
const statement = makeStatement(testProvenance, of);
const key = readSigningKey(drawSigningKey());

describe("a statement", () => {
  it("says of the image what it was made of, by what and when", () => {
    expect(statement).toMatchObject({
      _type: "https://in-toto.io/Statement/v1",
      subject: [{ name: "shop/web", digest: { sha256: "1".repeat(64) } }],
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: {
        buildDefinition: {
          buildType: "https://berth.dev/build/v1",
          externalParameters: {
            app: "shop",
            service: "web",
            source: { commit: "c".repeat(40), tree: "d".repeat(40) },
            plan: { stack: "node" },
            env: { PUBLIC_URL: "https://example.org" },
            secrets: ["NPM_TOKEN"],
          },
          internalParameters: { abi: { node: "137" }, tools: { node: "24.18.1" } },
          resolvedDependencies: [
            { name: "source", digest: { gitCommit: "c".repeat(40), gitTree: "d".repeat(40) } },
            { name: "base", uri: `pkg:docker/library/node@sha256:${"b".repeat(64)}?tag=24-slim` },
          ],
        },
        runDetails: {
          builder: { id: "https://berth.dev/builders/host/v1", version: { host: "1" } },
          metadata: {
            invocationId: "op_1",
            startedOn: "2026-01-01T00:00:00.000Z",
            finishedOn: "2026-01-01T00:00:01.500Z",
          },
          byproducts: [{ name: "sbom.cdx.json", digest: { sha256: "2".repeat(64) } }],
        },
      },
    });
    expect(JSON.stringify(statement)).not.toContain("findings");
    expect(sbomOf(statement)).toBe(sbom);
  });

  it("leaves out what there is not: a commit, a pinned base, an operation, a bill of materials", () => {
    const provenance = { ...testProvenance };
    delete provenance.operation;
    const plan = { ...testPlan, base: { ...testPlan.base, digest: null } };
    const bare = makeStatement({ ...provenance, commit: null, plan }, { ...of, sbom: null, signedLater: false });
    expect(bare.predicate.buildDefinition.resolvedDependencies).toEqual([
      { name: "source", digest: { gitTree: "d".repeat(40) } },
    ]);
    expect(bare.predicate.runDetails.metadata).not.toHaveProperty("invocationId");
    expect(sbomOf(bare)).toBeNull();
  });
});

describe("an envelope", () => {
  const envelope = signStatement(statement, key);

  it("is the same each time, and read back as it was written", () => {
    expect(signStatement(statement, key)).toEqual(envelope);
    expect(readEnvelope(Buffer.from(canonicalJson(envelope)))).toEqual(envelope);
    expect(JSON.parse(payloadOf(envelope).toString())).toEqual(JSON.parse(JSON.stringify(statement)));
  });

  it("encodes what is signed as the specification's example does", () => {
    const example = preAuthEncoding("http://example.com/HelloWorld", Buffer.from("hello world"));
    expect(example.toString()).toBe("DSSEv1 29 http://example.com/HelloWorld 11 hello world");
  });

  it("is good for its key alone, also where only the public part is known", () => {
    const known = readVerifyingKey(key.pem);
    expect(known.id).toBe(key.id);
    expect(signatureProblem(envelope, known)).toBeNull();
    const other = readSigningKey(drawSigningKey());
    expect(signatureProblem(envelope, other)).toMatch(/another key .*[0-9a-f]{64}/);
  });

  it("is not good once a byte of payload, type or signature is another", () => {
    const [signature] = envelope.signatures;
    const flipped = (text: string) => {
      const bytes = Buffer.from(text, "base64");
      bytes[10]! ^= 1;
      return bytes.toString("base64");
    };
    const changed = [
      { ...envelope, payload: flipped(envelope.payload) },
      { ...envelope, payloadType: "application/json" },
      { ...envelope, signatures: [{ ...signature, sig: flipped(signature!.sig) }] },
    ];
    for (const one of changed) expect(signatureProblem(one, key)).toMatch(/not what it was/);
  });

  it("is none where it lacks what an envelope has", () => {
    expect(() => readEnvelope(Buffer.from("{}"))).toThrow("payloadType");
    expect(() => readEnvelope(Buffer.from(JSON.stringify({ ...envelope, signatures: [] })))).toThrow("signatures");
  });

  it("is taken by Sigstore's own verifier as a bundle", () => {
    const bundle = bundleFromJSON(JSON.parse(makeBundle(envelope)));
    const trust = toTrustMaterial(
      { mediaType: "", tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] },
      () => ({ publicKey: key.publicKey, validFor: () => true }),
    );
    const verifier = new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 });
    expect(() => verifier.verify(toSignedEntity(bundle))).not.toThrow();
    const { payload } = signStatement({ ...statement, subject: [] }, key);
    const forged = bundleFromJSON(JSON.parse(makeBundle({ ...envelope, payload })));
    expect(() => verifier.verify(toSignedEntity(forged))).toThrow("signature");
  });
});

describe("a key", () => {
  it("is one of Ed25519 and no other", () => {
    expect(() => readSigningKey("no key")).toThrow("unsupported");
    expect(key.pem).toContain("BEGIN PUBLIC KEY");
    expect(key.id).toMatch(/^[0-9a-f]{64}$/);
  });
});
