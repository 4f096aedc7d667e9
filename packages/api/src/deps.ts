import type {
  Bases,
  Clock,
  Clusters,
  Deployments,
  ImageLibrary,
  Log,
  LogLine,
  Provenances,
  Random,
  Scope,
  Store,
} from "@berth/core";
import type { Authenticated } from "./auth/authenticator.ts";
import type { UpgradeBindings } from "./sessions/upgrades.ts";
import type { Urls } from "./urls.ts";

/** Everything the API needs; the server hands it in. */
export interface ApiDeps {
  store: Store;
  deployments: Deployments;
  bases: Bases;
  clusters: Clusters;
  images: ImageLibrary;
  provenances: Provenances;
  logs: LogSource;
  /** What is live in an environment as Kubernetes objects, in YAML. Throws `release.not-found`, `image.unfit`. */
  manifests(scope: Scope): Promise<string>;
  urls: Urls;
  /** What runs the workloads, such as `process`. */
  runtime: { name: string };
  clock: Clock;
  random: Random;
  log: Log;
  serverVersion: string;
}

/** A line with where it came from. */
export interface ServiceLogLine extends LogLine {
  service: string;
  version: number;
}

export interface ServiceLogOptions {
  /** Null: all services. */
  service: string | null;
  /** Null: whatever the environment runs. */
  version: number | null;
  /** At most this many of the newest lines first. */
  tail: number;
  /** Go on with new lines until the signal aborts. */
  follow: boolean;
  signal: AbortSignal;
}

/** The logs of an environment, over all its services and instances, in order of time. */
export type LogSource = (scope: Scope, options: ServiceLogOptions) => AsyncIterable<ServiceLogLine>;

/** What middleware leaves for the handlers. */
export interface ApiEnv {
  Bindings: UpgradeBindings;
  Variables: {
    auth: Authenticated;
    /** Whether the token of this request is still good. For answers that go on for long. */
    stillAllowed: () => Promise<boolean>;
  };
}
