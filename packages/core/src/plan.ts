import type { Digest } from "./artifact.ts";
import type { Command } from "./command.ts";
import type { Variables } from "./config/rules.ts";
import type { ReleaseCommand } from "./release.ts";
import type { ServiceSpec } from "./service.ts";
import type { SourceTree } from "./source.ts";

/** What detection found, where, and what follows: shown to the person who pushes. */
export interface Finding {
  /** Such as `Node 24`, `pnpm`, `static site`. */
  what: string;
  /** The file (and field) that says so, such as `package.json engines.node`. */
  from: string;
}

/** What a stack has found where berth.yaml or a Procfile says the command: which one it is stays out of the plan, so that changing it needs no build. */
export const ownCommand = "a command of its own";

/** One thing a builder runs. Steps run in order, in one folder that starts with the step's inputs. */
export interface BuildStep {
  name: string;
  /** Which layer what it makes belongs to. Steps of `dependencies` come first and see only `inputs`, so that their result is shared between releases. */
  layer: "dependencies" | "app";
  /** Paths of the source that the step sees (files, or folders ending in `/`); `all` is the whole source. Their content is part of the layer's cache key. */
  inputs: "all" | readonly string[];
  command: Command;
  env: Record<string, string>;
  /** Package managers' download caches it may use and fill, by name (`npm`, `pnpm`); shared between the services of an app at least, never part of an image. */
  caches: readonly string[];
  /** Whether it needs the network. */
  network: boolean;
  timeoutMs: number;
}

/** An image that others are made on: by name, fully qualified (`docker.io/library/node:24-slim`), and, once pinned, exactly. */
export interface BaseImage {
  image: string;
  digest: Digest | null;
}

/** What an image contains of the folder that the steps worked in. */
export interface ImageContents {
  /** Folders that the dependency steps made and that become the dependency layer, such as `node_modules`. One that was not made is skipped. Empty beside dependency steps: only the build needs what they made, as that of a static site does. */
  dependencies: readonly string[];
  /** What becomes the app layer: the whole source with what the steps made in it, or only these paths (a built site's `dist`). */
  app: "all" | readonly string[];
  /** Files that Berth itself adds under `/berth`, by the name of the bundle (`static-server`). */
  support: readonly string[];
}

/** How a service is built and started: data, made by a stack from the source alone. Equal plans of equal trees give equal artifacts. */
export interface BuildPlan {
  /** The stack that made it, such as `node`. */
  stack: string;
  findings: readonly Finding[];
  /** The image it runs on. Pinned before it is built, where the runtime needs it; where programs run on the machine itself it stays a name. */
  base: BaseImage;
  /** The image whose tools run the steps, for a builder that runs them in containers; null where there are no steps. */
  buildImage: BaseImage | null;
  /** The images that bring tools which the build image lacks, by tool: Node's, where it builds the assets of another language. */
  toolImages?: Readonly<Record<string, BaseImage>> | undefined;
  /** The Dockerfile of the source that makes the image, instead of steps; null for every other stack. */
  dockerfile: string | null;
  /** The tools the steps need and the version asked for, such as `{ node: "24" }`. */
  tools: Record<string, string>;
  steps: readonly BuildStep[];
  contents: ImageContents;
  /** What starts an instance, where berth.yaml does not say otherwise; an empty argv where only berth.yaml says it. */
  command: Command;
  /** Environment of the instances that the stack sets, such as NODE_ENV. */
  env: Record<string, string>;
  /** Folders, relative to the app's, whose programs come first in PATH, for steps and for instances, such as `node_modules/.bin`. */
  programs: readonly string[];
  /** Folders, relative to the app's, that the framework writes to while running. */
  writable: readonly string[];
}

/** What detection says of a service's source: a plan, or why there is none and what would help. */
export type PlanResult =
  | {
      ok: true;
      plan: BuildPlan;
      /** Commands of further process types that the source declares (a Procfile's `worker`). */ processes: Record<
        string,
        Command
      >;
    }
  | { ok: false; problem: PlanProblem };

export interface PlanProblem {
  message: string;
  /** The file it concerns, where there is one. */
  path: string | null;
  hint: string;
}

/** A service of a repository, ready to be built: what berth.yaml says, with the stack's answers and all defaults filled in. */
export interface PlannedService {
  spec: ServiceSpec;
  plan: BuildPlan;
  /** The service's own tree: its folder without the folders of other services inside it. */
  source: SourceTree;
  /** Variables that berth.yaml declares for its build. */
  buildEnv: Record<string, string>;
  /** Names of the secrets that berth.yaml declares for its build. */
  buildSecrets: readonly string[];
}

export type AppPlan =
  | {
      ok: true;
      services: readonly PlannedService[];
      release?: ReleaseCommand | null;
      /** Variables that are otherwise in previews. */
      previewEnv?: Variables | undefined;
    }
  | { ok: false; problem: PlanProblem };

/** Reads berth.yaml and detects what it leaves open. Throws `config.invalid` for a berth.yaml that is wrong. */
export type PlanApp = (root: SourceTree) => Promise<AppPlan>;
