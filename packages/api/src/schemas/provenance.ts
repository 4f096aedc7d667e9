import type { BuildPlan, ImageOrigin, Provenance, ProvenanceKey, Verification } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, time, versionNumber } from "./common.ts";

const digest = z.templateLiteral(["sha256:", z.string()]);
const strings = z.record(z.string(), z.string());
const command = z.union([z.object({ argv: z.array(z.string()) }), z.object({ shell: z.string() })]);
const baseImage = z.object({ image: z.string(), digest: digest.nullable() });

export const provenanceKeySchema = z
  .object({
    id: z.string().describe("SHA-256 of the key in DER (SPKI), in hex: what signatures name their key by"),
    algorithm: z.literal("ed25519"),
    publicKey: z.string().describe("SPKI in PEM"),
  })
  .meta({
    id: "ProvenanceKey",
    description: "The public key that provenance is signed with",
  }) satisfies z.ZodType<ProvenanceKey>;

export const exampleKey: z.input<typeof provenanceKeySchema> = {
  id: "6ac8b2b8a9b81f3a0ab5b3c2f2b9e4ad8f59a0a3e1d3c4b5a69788796a5b4c3d",
  algorithm: "ed25519",
  publicKey:
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n",
};

const check = z.object({
  check: z.enum(["signature", "subject", "record", "source", "manifest", "config", "layer", "base", "sbom", "copy"]),
  state: z.enum(["ok", "failed", "unchecked"]),
  message: z.string().describe("What was found; of a failed check what differs"),
});

export const verificationSchema = z
  .object({
    app: appName,
    environment: environmentName,
    version: versionNumber,
    verified: z.boolean().describe("That no check has failed"),
    key: z.string().describe("The id of the key that its provenance has to be signed with"),
    services: z.array(z.object({ service: z.string(), image: digest, checks: z.array(check) })),
  })
  .meta({
    id: "Verification",
    description: "Whether a release is what its provenance says",
  }) satisfies z.ZodType<Verification>;

const step = z.object({
  name: z.string(),
  layer: z.enum(["dependencies", "app"]),
  inputs: z.union([z.literal("all"), z.array(z.string())]),
  command,
  env: strings,
  caches: z.array(z.string()),
  network: z.boolean(),
  timeoutMs: z.number(),
});

const plan = z
  .object({
    stack: z.string(),
    findings: z.array(z.object({ what: z.string(), from: z.string() })),
    base: baseImage,
    buildImage: baseImage.nullable(),
    toolImages: z.record(z.string(), baseImage).optional().describe("Images that bring tools, by tool"),
    dockerfile: z.string().nullable(),
    tools: strings,
    steps: z.array(step),
    contents: z.object({
      dependencies: z.array(z.string()),
      app: z.union([z.literal("all"), z.array(z.string())]),
      support: z.array(z.string()),
    }),
    command,
    env: strings,
    programs: z.array(z.string()),
    writable: z.array(z.string()),
  })
  .meta({ id: "BuildPlan", description: "How a service is built and started" }) satisfies z.ZodType<BuildPlan>;

const provenance = z
  .object({
    app: z.string(),
    service: z.string(),
    commit: z.string().nullable(),
    tree: z.string(),
    plan,
    builder: z.object({ name: z.string(), version: z.string() }),
    platform: z.object({ os: z.string(), architecture: z.string(), libc: z.enum(["glibc", "musl"]).nullable() }),
    abi: strings,
    buildEnv: strings.describe("Variables that berth.yaml declares for the build"),
    buildSecrets: z.array(z.string()).describe("Names of the secrets that the build was given"),
    tools: strings.describe("Versions of the tools that were used"),
    operation: z.string().optional().describe("The operation that it was built for"),
    startedAt: time,
    finishedAt: time,
  })
  .meta({ id: "Provenance", description: "The record of a build" }) satisfies z.ZodType<Provenance>;

const origin = z
  .object({
    service: z.string(),
    image: digest,
    sizeBytes: z.number().nullable().describe("Null where the image is not there"),
    layers: z.array(
      z.object({
        digest,
        sizeBytes: z.number(),
        holds: z.enum(["base", "dependencies", "support", "app", "dockerfile"]),
      }),
    ),
    provenance: provenance.nullable().describe("Null where the record of the build is gone"),
    signature: z.object({ key: z.string(), envelope: digest }).nullable().describe("Looked up here, not verified"),
    sbom: z.object({ digest, components: z.int() }).nullable(),
  })
  .meta({ id: "ImageOrigin", description: "How the image of a service was made" }) satisfies z.ZodType<ImageOrigin>;

export const originsSchema = z.object({ services: z.array(origin) });

const image = "sha256:1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014";

export const exampleVerification: z.input<typeof verificationSchema> = {
  app: "shop",
  environment: "production",
  version: 12,
  verified: false,
  key: exampleKey.id,
  services: [
    {
      service: "web",
      image,
      checks: [
        { check: "signature", state: "ok", message: `Ed25519, key ${exampleKey.id.slice(0, 12)}` },
        { check: "copy", state: "failed", message: "app/server.js has other content" },
      ],
    },
  ],
};

export const exampleOrigins: z.input<typeof originsSchema> = {
  services: [
    {
      service: "web",
      image,
      sizeBytes: 12_400,
      layers: [{ digest: image, sizeBytes: 12_000, holds: "app" }],
      provenance: {
        app: "shop",
        service: "web",
        commit: "9fceb02d0ae598e95dc970b74767f19372d61af8",
        tree: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
        plan: {
          stack: "node",
          findings: [{ what: "Node 24", from: "package.json engines.node" }],
          base: { image: "docker.io/library/node:24-slim", digest: null },
          buildImage: null,
          dockerfile: null,
          tools: { node: "24" },
          steps: [],
          contents: { dependencies: [], app: "all", support: [] },
          command: { argv: ["node", "server.js"] },
          env: { NODE_ENV: "production" },
          programs: [],
          writable: [],
        },
        builder: { name: "host", version: "1" },
        platform: { os: "linux", architecture: "amd64", libc: "glibc" },
        abi: {},
        buildEnv: {},
        buildSecrets: [],
        tools: { node: "24.18.1" },
        operation: "op_01kdv9z3b4",
        startedAt: 1_767_225_600_000,
        finishedAt: 1_767_225_600_120,
      },
      signature: { key: exampleKey.id, envelope: image },
      sbom: { digest: image, components: 70 },
    },
  ],
};

/** Documents as they are stored: the whole is said where each is specified. */
export const envelopeSchema = z
  .looseObject({
    payloadType: z.string(),
    payload: z.string().describe("An in-toto statement with SLSA provenance, in base64"),
    signatures: z.array(z.looseObject({ keyid: z.string().optional(), sig: z.string() })),
  })
  .meta({ id: "Envelope", description: "A DSSE envelope, as it was signed" });

export const exampleEnvelope: z.input<typeof envelopeSchema> = {
  payloadType: "application/vnd.in-toto+json",
  payload: "e30=",
  signatures: [{ keyid: exampleKey.id, sig: "c2lnbmF0dXJl" }],
};

export const sbomSchema = z
  .looseObject({ bomFormat: z.literal("CycloneDX"), specVersion: z.string(), components: z.array(z.looseObject({})) })
  .meta({ id: "Sbom", description: "A CycloneDX bill of materials" });

export const exampleSbom: z.input<typeof sbomSchema> = {
  bomFormat: "CycloneDX",
  specVersion: "1.6",
  components: [{ type: "library", name: "express", version: "4.21.2", purl: "pkg:npm/express@4.21.2" }],
};
