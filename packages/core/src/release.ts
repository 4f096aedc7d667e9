import type { Digest } from "./artifact.ts";
import type { Command } from "./command.ts";
import type { ConfigValues, HeldValues } from "./config/choose-values.ts";
import type { ServiceOverride, StoredOverrides } from "./overrides.ts";
import type { Scale, ServiceSpec } from "./service.ts";
import type { SourceOrigin } from "./source.ts";

/** One service of a release: what runs and how. */
export interface ReleasedService {
  spec: ServiceSpec;
  image: Digest;
  /** The scale that berth.yaml has, where an override is on top of it. */
  declaredScale?: Scale | undefined;
  /** What berth.yaml has, where something adopted is on top of it. */
  declared?: ServiceOverride | undefined;
}

/** What a deploy runs once, before its release takes requests. */
export interface ReleaseCommand {
  command: Command;
  /** It runs as an instance of this service would: its image, variables and resources. */
  service: string;
  timeoutMs: number;
  /** Takes back what it did, where a rollback goes across this release. */
  undo?: Command | undefined;
  /** `safe`: the releases before work with what it did, so rollbacks go across it as if it had not run. */
  rollback?: "safe" | undefined;
}

/** Everything that a release consists of. Rolling back carries it forward, with the overrides that hold by then. */
export interface Snapshot extends StoredOverrides {
  /** With the overrides on top, which are those of its environment while it is live: each release takes them over from the one before. */
  services: readonly ReleasedService[];
  /** Missing: there is none. */
  release?: ReleaseCommand | undefined;
  /** The stored values that it runs with. Missing: it was made before there were any, and its variables refer to nothing. */
  config?: ConfigValues | undefined;
  /** What was rolled back and is stored still, which later releases do without. */
  held?: HeldValues | undefined;
  /** Of a rollback: the versions whose release commands it takes back before it becomes live, in this order. What carries it forward has none. */
  undoes?: readonly number[] | undefined;
  /** Of a change of config: the variables that it sets or takes back. What carries it forward has none. */
  decided?: readonly string[] | undefined;
}

/**
 * - `pending`: being rolled out
 * - `live`: what the environment serves
 * - `superseded`: was live once
 * - `failed`: never became live; `reason` says why
 */
export type ReleaseState = "pending" | "live" | "superseded" | "failed";

/**
 * `promote`: the images of a release of another environment. `scale`: the live release with another scale. `adopt`: with what was changed of it by hand, or without that again. `move`: on another
 * cluster. `config`: with other values of variables.
 */
export type ReleaseKind = "deploy" | "promote" | "rollback" | "scale" | "adopt" | "move" | "config";

/** An immutable, numbered snapshot of an environment. Only its state and the times that belong to it ever change. */
export interface Release {
  app: string;
  environment: string;
  /** 1, 2, 3 … per environment; shown as v1, v2. */
  version: number;
  kind: ReleaseKind;
  /** The deploy whose content a rollback, a move or a change of scale carries forward. */
  carries: number | null;
  snapshot: Snapshot;
  /** The registered cluster that it was to become live on; null: where the settings have apps run. */
  cluster: string | null;
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
