import type { BuildPlan, Digest } from "@berth/core";

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
      /** SLSA lets others add fields with a prefix. */
      metadata: { invocationId?: string; startedOn: string; finishedOn: string; berth_signedLater?: boolean };
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

/** Whether it was signed after the build had ended, of what that had sealed. */
export function isSignedLater(statement: Statement): boolean {
  return statement.predicate.runDetails.metadata.berth_signedLater === true;
}

/** What the bill of materials is called among what a build makes besides. */
export const sbomName = "sbom.cdx.json";
export const cycloneDxMediaType = "application/vnd.cyclonedx+json";

/** The digest of the bill of materials that a statement names. */
export function sbomOf(statement: Statement): Digest | null {
  const { byproducts } = statement.predicate.runDetails;
  const hex = byproducts.find(({ name }) => name === sbomName)?.digest?.["sha256"];
  return hex === undefined ? null : `sha256:${hex}`;
}
