import type { BuildFailure, BuildPlan, Digest, ErrorCode, Platform, TreeEntry } from "@berth/core";
import type { Layer } from "@berth/images";
import type { SettingsFile } from "../../host/deps.ts";

/** What a build's pod is given to do: with this, and no other way, values of variables and secrets reach it. */
export interface BuildTask {
  app: string;
  service: string;
  plan: BuildPlan;
  tree: string;
  entries: readonly TreeEntry[];
  env: Readonly<Record<string, string>>;
  secrets: Readonly<Record<string, string>>;
  buildImage: TaskImage;
  /** Folders for PATH with what was copied out of other images before the build. */
  copied: readonly string[];
  /** Variables that every step sees, such as addresses of registries. */
  stepEnv: Readonly<Record<string, string>>;
  settings: readonly SettingsFile[];
  compression: "gzip" | "zstd";
}

/** The image that steps run in. */
export interface TaskImage {
  /** As a person knows it. */
  name: string;
  id: Digest;
  platform: Platform;
  /** Its own environment, as `NAME=value`. */
  env: readonly string[];
}

/** What the steps of a build have made; its layers are with the server when it is told. */
export interface BuiltLayers {
  tools: Record<string, string>;
  platform: Platform;
  dependencies: { layer: Layer; abi: Record<string, string>; reused: boolean } | null;
  /** Null where the app layer is made of the source alone, which the server has itself. */
  app: { layer: Layer; abi: Record<string, string>; summary: string } | null;
}

/** How a build in a pod ended: an error is the pod's own and none of the app. */
export type BuildOutcome =
  | { kind: "built"; layers: BuiltLayers }
  | { kind: "failed"; failure: BuildFailure }
  | ({ kind: "error" } & ToldError);

/** A BerthError on its way. */
export interface ToldError {
  code: ErrorCode;
  message: string;
  hint?: string | undefined;
}

/** What a build's pod tells, in this order; `seq` begins with 1. */
export type BuildEvent =
  | { kind: "start"; step: string; text: string }
  | { kind: "line"; text: string }
  | { kind: "end"; step: string; durationMs: number }
  /** The last layer is being packed. */
  | { kind: "packing" }
  | { kind: "outcome"; outcome: BuildOutcome };

export interface EventBatch {
  /** The number of the first. */
  from: number;
  events: readonly BuildEvent[];
}

/** Paths below the build's address. Every request carries the build's token as a bearer's. */
export const paths = {
  task: "task",
  /** POST: a JSON list of paths of files; answered by their contents, one after the other. */
  source: "source",
  /** POST: an `EventBatch`; answered by `{ next }`, the number that is expected then. */
  events: "events",
  /** HEAD: whether it is there, or how much of it in `offsetHeader`. PUT: the rest of it. */
  blob: (digest: string) => `blobs/${digest}`,
} as const;

/** From where on a blob is sent, or is wanted. */
export const offsetHeader = "berth-offset";
