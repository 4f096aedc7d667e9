import type {
  Artifact,
  Builder,
  BuildPlan,
  Clock,
  ConfigVault,
  CodeChange,
  Digest,
  Endpoint,
  LockedVersion,
  Log,
  PlanApp,
  ProbeAnswer,
  Random,
  RefMover,
  Release,
  RouterPort,
  Runtime,
  ScalingRules,
  Scope,
  SourceTree,
  Store,
} from "@berth/core";
import { defaultScalingRules } from "@berth/core";

export interface DeployerDeps {
  store: Store;
  runtime: Runtime;
  builder: Builder;
  planApp: PlanApp;
  router: RouterPort;
  refs: RefMover;
  images: ImageKeeper;
  /** What the name of a base image stands for now, asked of its registry. Throws `base.not-found`, `base.unauthorised`, `registry.failed`. */
  resolveBase(image: string, signal: AbortSignal): Promise<Digest>;
  /** The values of the secrets that a build names. Throws `secret.missing`. */
  buildSecrets(app: string, names: readonly string[]): Promise<Record<string, string>>;
  /** Seals and opens values of variables. */
  vault: ConfigVault;
  records: BuildRecords;
  packages: PackageReader;
  /** How two commits of an app's repository are to each other. */
  compareCommits(app: string, from: string, to: string): Promise<CodeChange>;
  /** What the store calls a cluster, null for the default one, if environments can be moved there now. Throws `cluster.not-found`, `cluster.unreachable`, `cluster.unsupported`. */
  findCluster(name: string): Promise<string | null>;
  /** The source of a commit, or of a tree, of an app's repository. */
  openTree(app: string, commitOrTree: string): Promise<SourceTree>;
  /** Where an environment is served, such as `http://shop.localhost:4000`. */
  url(scope: Scope): string;
  /** The domain below which hosts are. */
  domain: string;
  /** The base URL by which instances reach this service of their environment, which listens for them at this port. */
  neighbourUrl(port: number, service: string): string;
  /** A loopback port for a service, not one of those taken. */
  drawPort(taken: ReadonlySet<number>): number;
  /** Asks an instance for a path, once. Never rejects; what goes on for longer than `timeoutMs` is given up. */
  probe(
    endpoint: Endpoint,
    question: { path: string; headers: Record<string, string>; timeoutMs: number },
    signal: AbortSignal,
  ): Promise<ProbeAnswer>;
  /** The key that workload ids are made with; it never changes. */
  installationKey: Uint8Array;
  policy: DeployerPolicy;
  clock: Clock;
  random: Random;
  log: Log;
}

/** What lockfiles name. */
export interface PackageReader {
  /** Of a source, read with the plan that builds it. */
  ofSource(source: SourceTree, plan: Pick<BuildPlan, "steps">): Promise<readonly LockedVersion[]>;
  /** Of what an image was built of; null: nobody knows. */
  ofImage(image: Digest): Promise<readonly LockedVersion[] | null>;
}

/** How images were made, as it can be shown later. */
export interface BuildRecords {
  /** The record of a build that has just ended, by which it is known again. */
  seal(artifact: Artifact): Artifact;
  /** Whether a record that was stored says what its build has said: one that was changed stands for nothing. */
  isGenuine(artifact: Artifact): Promise<boolean>;
  /**
   * Keeps beside an image how it was made and what is in it, signed, where that is not there; `later` than the build only what that has sealed.
   */
  sign(artifact: Artifact, source: SourceTree, when: "with the build" | "later"): Promise<void>;
}

/** What the deployer needs of the image store when it tidies up. */
export interface ImageKeeper {
  has(digest: Digest): Promise<boolean>;
  /** Why an image cannot run on this runtime, in a sentence; null where it can. */
  unfit(digest: Digest): Promise<string | null>;
  /** Puts an image where the runtime fetches it from, where that is elsewhere. */
  publish(app: string, digest: Digest, say: (text: string) => void, signal: AbortSignal): Promise<void>;
  /** The same for all images of a release, which have its tags there. What is there already is not sent again. */
  publishRelease(release: Release, signal: AbortSignal): Promise<void>;
  /** Removes these images, their unpacked copies, and files that only they had. */
  remove(digests: readonly Digest[]): Promise<void>;
}

export interface DeployerPolicy {
  /** How many earlier generations stay warm. */
  warmGenerations: number;
  warmForMs: number;
  /** How long a release stays up after its permalink was last asked for. */
  visitForMs: number;
  /** How many releases of an environment are up at most for their permalinks, which anyone may ask for; the one asked for least recently makes room. */
  maxVisited: number;
  /** How many releases of an environment are kept. */
  keepReleases: number;
  /** How long timelines are kept. */
  keepOperationsMs: number;
  /** How long images that nothing names are kept. */
  imageGraceMs: number;
  /** How numbers of instances follow the load. */
  scaling: ScalingRules;
}

export const defaultPolicy: DeployerPolicy = {
  warmGenerations: 2,
  warmForMs: 10 * 60_000,
  visitForMs: 10 * 60_000,
  maxVisited: 5,
  keepReleases: 20,
  keepOperationsMs: 90 * 86_400_000,
  imageGraceMs: 60 * 60_000,
  scaling: defaultScalingRules,
};

/** One key for an environment: names hold no slash. */
export function scopeKey(scope: Scope): string {
  return `${scope.app}/${scope.environment}`;
}
