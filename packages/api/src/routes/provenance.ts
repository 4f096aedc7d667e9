import { BerthError } from "@berth/core";
import type { Release } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findRelease } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { releaseParam } from "../schemas/common.ts";
import {
  envelopeSchema,
  exampleEnvelope,
  exampleKey,
  exampleOrigins,
  exampleSbom,
  exampleVerification,
  originsSchema,
  provenanceKeySchema,
  sbomSchema,
  verificationSchema,
} from "../schemas/provenance.ts";

const tag = "provenance";
const serviceParam = releaseParam.extend({ service: z.string().min(1).max(63).describe("The service's name") });
const notFound = ["app.not-found", "environment.not-found", "release.not-found"] as const;
const json = { "content-type": "application/json" } as const;

/** How releases were made, and whether that is true. */
export function provenanceRoutes({ store, provenances }: ApiDeps) {
  const releaseOf = async ({ version, ...scope }: z.output<typeof releaseParam>) => findRelease(store, scope, version);

  /** A document of the image of a service, as it is stored. */
  const documentOf = async (release: Release, service: string, kind: "provenance" | "sbom") => {
    const found = release.snapshot.services.find(({ spec }) => spec.name === service);
    const document = found === undefined ? null : await provenances.document(found.image, kind);
    if (document !== null) return Buffer.from(document).toString();
    const what = found === undefined ? `service ${JSON.stringify(service)}` : kind === "sbom" ? "SBOM" : "provenance";
    throw new BerthError("not-found", `v${release.version} of ${release.app} has no ${what}.`, {
      path: service,
      hint:
        found === undefined
          ? `It has ${release.snapshot.services.map(({ spec }) => spec.name).join(", ")}.`
          : `\`berth verify v${release.version}\` says what is missing.`,
    });
  };

  return new Hono<ApiEnv>()
    .get(
      "/provenance-key",
      endpoint({
        id: "getProvenanceKey",
        tag,
        summary: "See the public key that provenance is signed with",
        description: "Keep it elsewhere, and check with it: `berth verify --key`.",
        role: "viewer",
        answers: { 200: jsonAnswer("The key", provenanceKeySchema, exampleKey) },
      }),
      (c) => c.json(provenances.key, 200),
    )
    .get(
      "/apps/:app/environments/:environment/releases/:version/verification",
      endpoint({
        id: "verifyRelease",
        tag,
        summary: "Verify a release",
        description:
          "Reads every byte of its images and compares them with what is signed, recorded and in git. What has failed is in the answer.",
        role: "viewer",
        answers: { 200: jsonAnswer("Each check and how it came out", verificationSchema, exampleVerification) },
        errors: notFound,
      }),
      validate("param", releaseParam),
      async (c) => c.json(await provenances.verify(await releaseOf(c.req.valid("param"))), 200),
    )
    .get(
      "/apps/:app/environments/:environment/releases/:version/provenance",
      endpoint({
        id: "getReleaseProvenance",
        tag,
        summary: "See how a release was made",
        role: "viewer",
        answers: { 200: jsonAnswer("The image of each service and its record", originsSchema, exampleOrigins) },
        errors: notFound,
      }),
      validate("param", releaseParam),
      async (c) => c.json({ services: await provenances.origins(await releaseOf(c.req.valid("param"))) }, 200),
    )
    .get(
      "/apps/:app/environments/:environment/releases/:version/services/:service/provenance",
      endpoint({
        id: "getProvenanceDocument",
        tag,
        summary: "Read the signed provenance of an image",
        description: "A DSSE envelope with an in-toto statement, byte for byte as it was signed.",
        role: "viewer",
        answers: { 200: jsonAnswer("The envelope", envelopeSchema, exampleEnvelope) },
        errors: [...notFound, "not-found"],
      }),
      validate("param", serviceParam),
      async (c) => {
        const { service, ...param } = c.req.valid("param");
        return c.body(await documentOf(await releaseOf(param), service, "provenance"), 200, json);
      },
    )
    .get(
      "/apps/:app/environments/:environment/releases/:version/services/:service/sbom",
      endpoint({
        id: "getSbomDocument",
        tag,
        summary: "Read the bill of materials of an image",
        description: "CycloneDX 1.6, made of lockfiles.",
        role: "viewer",
        answers: { 200: jsonAnswer("The bill of materials", sbomSchema, exampleSbom) },
        errors: [...notFound, "not-found"],
      }),
      validate("param", serviceParam),
      async (c) => {
        const { service, ...param } = c.req.valid("param");
        return c.body(await documentOf(await releaseOf(param), service, "sbom"), 200, json);
      },
    );
}
