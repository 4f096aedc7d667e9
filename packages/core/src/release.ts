import type { Digest } from "./artifact.ts";
import type { ServiceSpec } from "./service.ts";
import type { SourceOrigin } from "./source.ts";

/** One service of a release: what runs and how. */
export interface ReleasedService {
  spec: ServiceSpec;
  image: Digest;
}

/** Everything that a release consists of. Rolling back carries it forward unchanged. */
export interface Snapshot {
  services: readonly ReleasedService[];
}

/**
 * - `pending`: being rolled out
 * - `live`: what the environment serves
 * - `superseded`: was live once
 * - `failed`: never became live; `reason` says why
 */
export type ReleaseState = "pending" | "live" | "superseded" | "failed";

export type ReleaseKind = "deploy" | "rollback";

/** An immutable, numbered snapshot of an environment. Only its state and the times that belong to it ever change. */
export interface Release {
  app: string;
  environment: string;
  /** 1, 2, 3 … per environment; shown as v1, v2. */
  version: number;
  kind: ReleaseKind;
  /** The version whose snapshot a rollback carries forward. */
  carries: number | null;
  snapshot: Snapshot;
  origin: SourceOrigin;
  createdAt: number;
  createdBy: string;
  state: ReleaseState;
  liveAt: number | null;
  supersededAt: number | null;
  reason: string | null;
  /** The operation that made it. */
  operation: string;
}
