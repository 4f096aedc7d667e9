import type { Artifact } from "./artifact.ts";
import type { BuildPlan } from "./plan.ts";
import type { SourceTree } from "./source.ts";

export interface BuildRequest {
  app: string;
  service: string;
  commit: string | null;
  plan: BuildPlan;
  source: SourceTree;
  /** Variables that berth.yaml declares for builds. Nothing else of Berth's environment is visible to a step. */
  env: Record<string, string>;
  /** Secrets that berth.yaml names for builds: steps find them in their environment. Never part of a key, a layer, a log or a record; their names are. */
  secrets: Record<string, string>;
}

/** What a builder tells while it works. */
export interface BuildSink {
  /** A step begins; what follows belongs to it. */
  start(step: string, text: string): void;
  line(text: string): void;
  /** The step is done; one that fails has no end of its own, the build's failure tells of it. */
  end(step: string, durationMs: number): void;
}

/** The user's code did not build: an outcome, not an exception. */
export interface BuildFailure {
  step: string;
  /** One sentence, such as `npm run build exited with 1`. */
  message: string;
  hint: string | null;
  exitCode: number | null;
  /** The last lines of output, at most 40. */
  lines: readonly string[];
}

export type BuildResult =
  | { ok: true; artifact: Artifact; /** Layers that were reused and made, for the timeline. */ summary: string }
  | { ok: false; failure: BuildFailure };

/** Executes plans. A failure of the user's code is a value; an exception means that Berth or the machine failed, and the build may be tried again. */
export interface Builder {
  name: string;
  /** Whether steps run in the image that the plan names for them, which is pinned then. */
  usesBuildImage: boolean;
  /** The key under which the artifact of this request is found again; equal keys, equal artifacts. */
  key(request: BuildRequest): string;
  build(request: BuildRequest, sink: BuildSink, signal: AbortSignal): Promise<BuildResult>;
  /** Removes what is kept for the builds of this app alone. What cannot be removed now is, once it has not been used for long. */
  forget(app: string): Promise<void>;
}
