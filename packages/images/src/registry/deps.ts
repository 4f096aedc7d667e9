import type { Clock, Digest, Log, Random } from "@berth/core";
import type { Images } from "../images.ts";
import type { Authenticate } from "./auth/identity.ts";
import type { RegistryApp } from "./repositories/repositories.ts";

/** Who changed what, for the audit. */
export interface RegistryChange {
  person: string;
  action: "image.push" | "image.delete";
  app: string;
  /** `shop/tools:1 sha256:…` */
  detail: string;
}

export interface RegistryDeps {
  /** BERTH_HOME. */
  home: string;
  images: Pick<Images, "blobs" | "referrers" | "space">;
  /** Scheme, host and port of the bare domain, as a browser writes it in `Origin`. */
  origin: string;
  authenticate: Authenticate;
  findApp(name: string): Promise<RegistryApp | null>;
  listApps(): Promise<readonly RegistryApp[]>;
  /** `v12` (one service) or `v12-web` (several): the images of production's releases. */
  releaseTags(app: string): Promise<ReadonlyMap<string, Digest>>;
  /** The images of all releases of an app, in any environment. */
  releaseImages(app: string): Promise<readonly Digest[]>;
  /** The key that tokens are signed with; at least 32 bytes. */
  tokenKey: Uint8Array;
  audit(change: RegistryChange): Promise<void>;
  clock: Pick<Clock, "now">;
  random: Random;
  log: Log;
}
