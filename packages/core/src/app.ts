import { production } from "./names.ts";

export interface App {
  name: string;
  /** The branch whose pushes go to production. Null until the first push of main or master decides, or `berth link` says. */
  defaultBranch: string | null;
  createdAt: number;
  createdBy: string;
}

export type EnvironmentKind = "production" | "preview";

/** What an environment is that is not there yet. */
export function kindOfNew(name: string): EnvironmentKind {
  return name === production ? "production" : "preview";
}

/** A place an app runs. Its two pointers are what it should serve and what it does serve. */
export interface Environment {
  app: string;
  name: string;
  kind: EnvironmentKind;
  /** The branch whose pushes deploy here. */
  branch: string | null;
  /** The registered cluster that it is on; null: where the settings have apps run. */
  cluster: string | null;
  /** The version that is being made live, or is. */
  desired: number | null;
  /** The version that is served. */
  live: number | null;
  /** Goes up with every change of the pointers; changes are made by compare-and-set on it. */
  revision: number;
  /** What the branch's ref must be, set in the same transaction as `live` and cleared once git's ref has followed. */
  pendingRef: { branch: string; commit: string | null } | null;
  createdAt: number;
  createdBy: string;
}
