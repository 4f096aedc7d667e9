import type { Digest } from "../artifact.ts";
import type { BaseImage } from "../plan.ts";
import type { ReleaseCommand } from "../release.ts";
import type { ServiceSpec } from "../service.ts";
import type { SourceOrigin } from "../source.ts";

/** A release, or what would become one, with what is known of it: one side of a diff. */
export interface DiffSide {
  /** Null: it is no release yet. */
  version: number | null;
  origin: SourceOrigin;
  release: ReleaseCommand | null;
  services: readonly DiffedService[];
}

export interface DiffedService {
  spec: ServiceSpec;
  /** Null: it is not built yet. */
  image: Digest | null;
  /** What its image lies on; null: on the machine itself, or on nothing that is known. */
  base: BaseImage | null;
  /** What its lockfiles name; null: nobody knows. */
  packages: readonly LockedVersion[] | null;
  /** What of it is on a cluster; empty where apps run elsewhere, or it is not built yet. */
  objects: readonly NamedObject[];
}

/** A package as a lockfile has it. */
export interface LockedVersion {
  /** The type of its package URL, such as `npm`. */
  type: string;
  name: string;
  version: string;
}

/** An object on a cluster, such as `Deployment web-1f0c3aa21f0c`. */
export interface NamedObject {
  kind: string;
  name: string;
}

/** How two commits are to each other, with what is between them. */
export interface CodeChange {
  /**
   * - `forward`: the second has the first in it
   * - `backward`: the first has the second in it
   * - `aside`: each has something that the other has not, as after a forced push
   * - `unknown`: they are not both in git
   */
  direction: "same" | "forward" | "backward" | "aside" | "unknown";
  /** What the second has and the first has not, newest first: at most `mostCommits`. */
  added: readonly CommitSummary[];
  addedCount: number;
  /** What the first has and the second has not. */
  removed: readonly CommitSummary[];
  removedCount: number;
}

export interface CommitSummary {
  commit: string;
  /** The first line of its message. */
  message: string;
  author: string;
}

/** So many commits of each side are named. */
export const mostCommits = 50;
