import type { Digest } from "@berth/core";
import type { Engine } from "@berth/docker";
import type { Login } from "@berth/images";
import type { BuilderDeps } from "../build/deps.ts";
import type { SettingsFile } from "../host/deps.ts";

export interface DockerBuilderDeps extends BuilderDeps {
  /** Where builds run; it may be another machine's. */
  engine: Engine;
  /** Names this installation among others that use the same engine: what it made there carries it. `[a-z0-9]`. */
  installation: string;
  /** Names caches of an app where those who write a Dockerfile choose the name: nobody who does not have it can guess that of another app. */
  cacheKey: Uint8Array;
  /** What an image's name stands for now: to note what the FROM lines of a Dockerfile were. */
  resolveImage(image: string, signal: AbortSignal): Promise<Digest>;
  /** The login to the registry of a FROM line, by its host; null where there is none. */
  findLogin(host: string, signal: AbortSignal): Promise<Login | null>;
  limits: BuildLimits;
  /** Variables that every step sees, such as proxies and addresses of registries. Paths of this machine mean nothing in there. */
  env: Readonly<Record<string, string>>;
  /** Settings files of package managers that every step finds, without logins. */
  settings: readonly SettingsFile[];
}

/** What a build may use at most. */
export interface BuildLimits {
  memoryBytes: number;
  /** Null: all there are. */
  cpus: number | null;
  pids: number;
}

export const defaultBuildLimits: BuildLimits = { memoryBytes: 4 * 2 ** 30, cpus: null, pids: 4096 };

export const dockerBuilderVersion = "1";
/** Another one where the same Dockerfile would come out differently than before. */
export const dockerfileVersion = "2";

/** The label of everything that builds make in an engine; its value is the installation. */
export const buildLabel = "dev.berth.build";

/** The label of what builds keep for one app; its value is the app's name. */
export const appLabel = "dev.berth.build.app";
