export interface App {
  name: string;
  /** The branch whose pushes go to production. Null until the first push of main or master decides, or `berth link` says. */
  defaultBranch: string | null;
  createdAt: number;
  createdBy: string;
}

/**
 * - `production`: what users see
 * - `lasting`: another one that stays, such as `staging`
 * - `preview`: of a branch, or of what somebody tries; it goes when nobody uses it any more
 * - `dev`: what one person works on, as it is on their machine
 */
export type EnvironmentKind = "production" | "lasting" | "preview" | "dev";

export const environmentKinds = ["production", "lasting", "preview", "dev"] as const satisfies EnvironmentKind[];

/** Whether environments of this kind are for a while: they sleep, and go when nobody uses them any more. */
export function isShortLived(kind: EnvironmentKind): boolean {
  return kind === "preview" || kind === "dev";
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
  /** When it was last used, as far as that has been noted. */
  usedAt: number;
  /** How long it stays without being used; null: for good. It counts for what is short-lived. */
  ttlMs: number | null;
  /** It stays until then however little it is used; `keptForever`: for good. */
  keptUntil: number | null;
  /** Only who was given a link sees it. */
  isProtected: boolean;
  /** Goes up when the links that were given out are to hold no more. */
  shareEpoch: number;
}

export const keptForever = Number.MAX_SAFE_INTEGER;
