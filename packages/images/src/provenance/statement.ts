import type { BaseImage, BuildPlan, Digest, Provenance } from "@berth/core";
import { imageUrl } from "./sbom/package-url.ts";
import { buildType, cycloneDxMediaType, provenanceType, sbomName, statementType } from "./statement-types.ts";
import type { ExternalParameters, Resource, Statement } from "./statement-types.ts";

/** What else a statement is made of, beside the record of the build. */
export interface StatementOf {
  image: Digest;
  /** The key of the artifact: builds with the same one make the same. */
  key: string;
  /** The digest of the bill of materials. */
  sbom: Digest | null;
  /** Not with the build but afterwards, of the record that it sealed. */
  signedLater: boolean;
}

/** Says how an image was made: equal inputs, equal statements. */
export function makeStatement(provenance: Provenance, { image, key, sbom, signedLater }: StatementOf): Statement {
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
          ...Object.entries(plan.toolImages ?? {}).flatMap(([tool, image]) => imageResource(`image of ${tool}`, image)),
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
          ...(signedLater && { berth_signedLater: true }),
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

function sbomResource(sbom: Digest): Resource {
  return { name: sbomName, mediaType: cycloneDxMediaType, digest: { sha256: hexDigits(sbom) } };
}

function hexDigits(digest: Digest): string {
  return digest.slice("sha256:".length);
}
