import type { BuildPlan } from "./plan.ts";

/** A digest as OCI writes it: `sha256:<64 hex digits>`. */
export type Digest = `sha256:${string}`;

/** The platform an image was built for. What is compiled on the host runs only where all of it fits. */
export interface Platform {
  os: string;
  architecture: string;
  libc: "glibc" | "musl" | null;
}

/** How an artifact was made. */
export interface Provenance {
  app: string;
  service: string;
  /** The commit that was pushed, null for a working tree. */
  commit: string | null;
  /** Git's id of the service's source tree. */
  tree: string;
  plan: BuildPlan;
  builder: { name: string; version: string };
  platform: Platform;
  /** What compiled parts are tied to besides, by language or library: `{ node: "137", python: "cp311", glibc: "2.36" }`. */
  abi: Record<string, string>;
  /** Variables that berth.yaml declares for the build, with their values. */
  buildEnv: Record<string, string>;
  /** Names of the secrets the build was given. */
  buildSecrets: readonly string[];
  /** Versions of the tools that were used, as they report them. */
  tools: Record<string, string>;
  /** The operation that it was built for; absent where it was built outside of one. */
  operation?: string;
  startedAt: number;
  finishedAt: number;
}

/** An image in the layout store, named by the digest of its manifest. */
export interface Artifact {
  digest: Digest;
  /** The hash of everything it was made from; a build with the same key is skipped. */
  key: string;
  sizeBytes: number;
  createdAt: number;
  provenance: Provenance;
  /** By which Berth knows later that all of this is what the build has said; null where nobody has sealed it. */
  seal: string | null;
}
