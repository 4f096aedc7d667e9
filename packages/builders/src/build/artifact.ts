import { sizeText } from "@berth/core";
import type { Artifact, BuildFailure, BuildRequest, BuildResult, Digest, Platform } from "@berth/core";
import type { DependencyResult } from "./dependencies/layer.ts";

export interface Made {
  request: BuildRequest;
  key: string;
  image: { digest: Digest; sizeBytes: number };
  builder: { name: string; version: string };
  platform: Platform;
  tools: Readonly<Record<string, string>>;
  abi: Readonly<Record<string, string>>;
  startedAt: number;
  finishedAt: number;
}

/** The record of a build. Of secrets it has the names alone. */
export function makeArtifact({ request, image, key, builder, startedAt, finishedAt, ...made }: Made): Artifact {
  const { app, service, commit, plan } = request;
  return {
    ...image,
    key,
    createdAt: finishedAt,
    // No builder has the key.
    seal: null,
    provenance: {
      app,
      service,
      commit,
      tree: request.source.id,
      plan,
      builder,
      platform: made.platform,
      abi: { ...made.abi },
      buildEnv: request.env,
      buildSecrets: Object.keys(request.secrets).sort(),
      tools: { ...made.tools },
      startedAt,
      finishedAt,
    },
  };
}

/** The artifact with the names of whoever asked: the same content may be built for several at once. */
export function asBuiltFor({ app, service, commit }: BuildRequest, artifact: Artifact): Artifact {
  return { ...artifact, provenance: { ...artifact.provenance, app, service, commit } };
}

export function failed(failure: BuildFailure): BuildResult {
  return { ok: false, failure };
}

/** What was reused and made, in one line of the timeline. */
export function summarise(dependencies: DependencyResult | null, app: string, sizeBytes: number): string {
  const parts = [
    dependencies?.ok === true ? `dependencies ${dependencies.reused ? "reused" : "installed"}` : null,
    app,
    `image ${sizeText(sizeBytes)}`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}
