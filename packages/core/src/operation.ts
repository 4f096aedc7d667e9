import type { Scope } from "./runtime.ts";

export type OperationKind =
  | "deploy"
  | "dry-run"
  | "promote"
  | "rollback"
  | "drill"
  | "rebuild"
  | "scale"
  | "adopt"
  | "move"
  | "config"
  | "remove"
  | "run";

/** `running` until it ends; what a crash interrupted ends as `failed` when the server is back. */
export type OperationState = "running" | "succeeded" | "failed";

/** Something Berth does for someone, with a timeline. */
export interface Operation extends Scope {
  /** Sortable by time, such as `op_01j9…`. */
  id: string;
  kind: OperationKind;
  actor: string;
  state: OperationState;
  startedAt: number;
  finishedAt: number | null;
  /** The release it made, once there is one. */
  version: number | null;
  /** Why it failed: the error as the API would answer it. */
  error: OperationError | null;
  /** Where the result is served. */
  url: string | null;
}

export interface OperationError {
  code: string;
  message: string;
  hint: string | null;
  lines: readonly string[];
  /** Of the command that has failed, where it ended with one. */
  exitCode?: number | undefined;
}

/** The steps of an operation that durations are kept for. Lines of `build` and `run` are what somebody's program prints; those of others are Berth's. */
export type Phase =
  | "receive"
  | "detect"
  | "build"
  | "image"
  | "diff"
  | "release"
  | "start"
  | "health"
  | "route"
  | "run"
  | "done";

/** One entry of a timeline. `start` opens a phase (of a service where `service` is set), `end` closes it, `line` is output within it. */
export interface OperationEvent {
  /** 1, 2, 3 … within its operation. */
  seq: number;
  at: number;
  phase: Phase;
  service: string | null;
  kind: "start" | "line" | "end";
  text: string;
  /** Of an `end`. */
  durationMs: number | null;
}

/** How the end of a command that has succeeded is told in the phase `release`: what it did is known by that later. */
export const succeededText = "exit code 0";

export type NewOperationEvent = Omit<OperationEvent, "seq">;
