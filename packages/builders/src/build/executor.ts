import type {
  BuildFailure,
  BuildPlan,
  BuildRequest,
  BuildSink,
  BuildStep,
  Digest,
  Platform,
  SourceTree,
  TreeEntry,
} from "@berth/core";
import type { Layer } from "@berth/images";

/** What one builder does in its own way, but for where steps run. */
export interface ImageExecutor {
  name: string;
  /** Another one where the same request would come out differently than before. */
  version: string;
  /** Whether steps run in the image that the plan names for them. */
  usesBuildImage: boolean;
  /** Between whom caches of package managers are shared, and with them what was made of them: all apps, or the services of one. */
  cachesOf: "all" | "app";
  /** What images are made for. */
  platform: Platform;
  /** What artifacts of this plan depend on besides tree, plan and variables, as far as it is known without waiting: versions of tools, the C library. */
  conditions(plan: BuildPlan): Readonly<Record<string, unknown>>;
  /** Makes an image as a Dockerfile of the source says; null where this builder cannot. */
  buildDockerfile: ((request: BuildRequest, sink: BuildSink, signal: AbortSignal) => Promise<DockerfileResult>) | null;
  /** Forgets what it keeps for builds to come and was not used since `before` (ms since the epoch). */
  prune(before: number): Promise<void>;
  /** Removes the caches of an app that is no more. */
  forget(app: string): Promise<void>;
}

/** What one builder does in its own way: where steps run, and with which tools. All else is the same for every builder. */
export interface Executor extends ImageExecutor {
  /** Makes the tools of a plan ready. What is not to be had is a failure of the build that names it. */
  prepare(request: BuildRequest, sink: BuildSink, signal: AbortSignal): Promise<Prepared>;
}

export type Prepared = { ok: true; workshop: Workshop } | { ok: false; failure: BuildFailure };

export type DockerfileResult =
  | {
      ok: true;
      image: { digest: Digest; sizeBytes: number };
      /** The images of its FROM lines and what they were, as far as it is known. */
      tools: Record<string, string>;
    }
  | { ok: false; failure: BuildFailure };

/** Tools that are ready, and the places they can be used in. */
export interface Workshop {
  /** Exact versions by tool. */
  tools: Readonly<Record<string, string>>;
  /** What compiled extensions of a language are tied to here: `{ node: "137", python: "cp311" }`. */
  abi: Readonly<Record<string, string>>;
  /** What is made here is made for. */
  platform: Platform;
  /** Where the tools are, to be said in a hint, such as `on this machine`. */
  where: string;
  /** Gives `use` a place to build in, and removes it afterwards, whatever happens. */
  within<T>(spec: PlaceSpec, sink: BuildSink, signal: AbortSignal, use: (place: Place) => Promise<T>): Promise<T>;
}

export interface PlaceSpec {
  /** Places of equal names have equal paths, as far as it can be: what is built may contain them. */
  name: string;
  /** Whose caches of package managers are used, where apps do not share them. */
  app: string;
  /** Whose folder caches are used: `app/service`. */
  service: string;
  /** The steps that are going to run. */
  steps: readonly BuildStep[];
  /** The files of the source that are going to be written there. */
  entries: readonly TreeEntry[];
  /** Folders whose programs come first in PATH. */
  programs: readonly string[];
  /** A dependency layer that lies there from the beginning, as private files: a step may change them in place. */
  dependencies: Layer | null;
  /** Declared variables and secrets. */
  env: Readonly<Record<string, string>>;
}

/** A private folder that steps run in, wherever it is. */
export interface Place {
  write(source: SourceTree, entries: readonly TreeEntry[]): Promise<void>;
  /** Runs a step to its end and ends all that it started. `line` is told what it prints, cleaned by `mask`. Throws the signal's reason when it aborts. */
  run(step: BuildStep, line: (text: string) => void, mask: (text: string) => string): Promise<StepResult>;
  /** What lies at these paths, relative to the app's folder (`.` is all of it), as files of this machine. */
  collect(paths: readonly string[]): Promise<Collected>;
}

export interface StepResult {
  exitCode: number | null;
  signal: string | null;
  timedOut: boolean;
  /** The program is not there or cannot be run. */
  notFound: boolean;
  /** The last lines, at most 400. */
  lines: readonly string[];
}

export interface Collected {
  /** Stands for the app's folder. It is there until the place is removed. */
  folder: string;
  /** The path that it had for the steps, where links know it by that. */
  seenAs?: string;
  /** What of the dependency layer is gone, relative to the app's folder; null where that is what `folder` lacks. */
  removed: readonly string[] | null;
}
