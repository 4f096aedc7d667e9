import type { BaseImage, BuildPlan } from "./plan.ts";

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

/** What a Dockerfile's images are called among the tools of its build, each with its digest. */
export function fromTool(image: string): string {
  return `FROM ${image}`;
}

/** The image that an artifact lies on; null where its Dockerfile begins with nothing, or does not tell. */
export function baseOf({ plan, tools }: Pick<Provenance, "plan" | "tools">): BaseImage | null {
  if (plan.dockerfile === null) return plan.base;
  if (/(^|\/)scratch(:latest)?$/.test(plan.base.image)) return null;
  const digest = tools[fromTool(plan.base.image)] ?? null;
  return { image: plan.base.image, digest: digest !== null && isDigest(digest) ? digest : null };
}

function isDigest(text: string): text is Digest {
  return /^sha256:[0-9a-f]{64}$/.test(text);
}
