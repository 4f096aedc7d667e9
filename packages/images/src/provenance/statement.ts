import type { BaseImage, BuildPlan, Digest, Provenance } from "@berth/core";
import { imageUrl } from "./sbom/package-url.ts";

export const statementType = "https://in-toto.io/Statement/v1";
export const provenanceType = "https://slsa.dev/provenance/v1";
/** What `externalParameters` and `internalParameters` mean; docs/provenance.md says it. Another meaning gets another number. */
export const buildType = "https://berth.dev/build/v1";

/** SLSA's ResourceDescriptor. */
export interface Resource {
  name?: string;
  uri?: string;
  digest?: Record<string, string>;
  mediaType?: string;
  annotations?: Record<string, string>;
}

/** An in-toto statement with SLSA provenance. Sources: in-toto Attestation Framework v1, SLSA v1.1 Provenance. */
export interface Statement {
  _type: typeof statementType;
  subject: { name: string; digest: { sha256: string } }[];
  predicateType: typeof provenanceType;
  predicate: {
    buildDefinition: {
      buildType: typeof buildType;
      externalParameters: ExternalParameters;
      internalParameters: Record<string, unknown>;
      resolvedDependencies: Resource[];
    };
    runDetails: {
      builder: { id: string; version: Record<string, string> };
      metadata: { invocationId?: string; startedOn: string; finishedOn: string };
      byproducts: Resource[];
    };
  };
}

/** What whoever pushed decided. */
export interface ExternalParameters {
  app: string;
  service: string;
  source: { commit: string | null; tree: string };
  /** Without its findings: how it was found makes no difference to what was built. */
  plan: Omit<BuildPlan, "findings">;
  env: Record<string, string>;
  /** Names alone. */
  secrets: readonly string[];
}

/** What else a statement is made of, beside the record of the build. */
export interface StatementOf {
  image: Digest;
  /** The key of the artifact: builds with the same one make the same. */
  key: string;
  /** The digest of the bill of materials. */
  sbom: Digest | null;
}

/** Says how an image was made: equal inputs, equal statements. */
export function makeStatement(provenance: Provenance, { image, key, sbom }: StatementOf): Statement {
  const { app, service, commit, tree, builder, platform, abi, buildEnv, buildSecrets, tools, operation } = provenance;
  const plan = withoutFindings(provenance.plan);
  return {
    _type: statementType,
    subject: [{ name: `${app}/${service}`, digest: { sha256: hexDigits(image) } }],
    predicateType: provenanceType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          app,
          service,
          source: { commit, tree },
          plan,
          env: buildEnv,
          secrets: [...buildSecrets].sort(),
        },
        internalParameters: { platform, abi, tools, key },
        resolvedDependencies: [
          sourceResource(commit, tree),
          ...imageResource("base", plan.base),
          ...imageResource("build image", plan.buildImage),
        ],
      },
      runDetails: {
        builder: {
          id: `https://berth.dev/builders/${builder.name}/v1`,
          version: { [builder.name]: builder.version },
        },
        metadata: {
          ...(operation !== undefined && { invocationId: operation }),
          startedOn: new Date(provenance.startedAt).toISOString(),
          finishedOn: new Date(provenance.finishedAt).toISOString(),
        },
        byproducts: sbom === null ? [] : [sbomResource(sbom)],
      },
    },
  };
}

function withoutFindings(plan: BuildPlan): ExternalParameters["plan"] {
  const rest: Omit<BuildPlan, "findings"> & Partial<BuildPlan> = { ...plan };
  delete rest.findings;
  return rest;
}

function sourceResource(commit: string | null, tree: string): Resource {
  return { name: "source", digest: { ...(commit !== null && { gitCommit: commit }), gitTree: tree } };
}

/** One that is not pinned took part by its name alone: there is nothing of it in the image. */
function imageResource(name: string, image: BaseImage | null): Resource[] {
  if (image === null || image.digest === null) return [];
  return [
    {
      name,
      uri: imageUrl(image.image, image.digest),
      digest: { sha256: hexDigits(image.digest) },
      annotations: { image: image.image },
    },
  ];
}

const sbomName = "sbom.cdx.json";
export const cycloneDxMediaType = "application/vnd.cyclonedx+json";

function sbomResource(sbom: Digest): Resource {
  return { name: sbomName, mediaType: cycloneDxMediaType, digest: { sha256: hexDigits(sbom) } };
}

/** The digest of the bill of materials that a statement names. */
export function sbomOf(statement: Statement): Digest | null {
  const { byproducts } = statement.predicate.runDetails;
  const hex = byproducts.find(({ name }) => name === sbomName)?.digest?.["sha256"];
  return hex === undefined ? null : `sha256:${hex}`;
}

function hexDigits(digest: Digest): string {
  return digest.slice("sha256:".length);
}
