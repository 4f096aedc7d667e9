import type { Random, Store } from "@berth/core";
import { drawSigningKey, readSigningKey, signingKeyName } from "@berth/images";

/** What an installation drew at its first start and keeps for good. */
export interface InstallationKeys {
  /** Names it among others on an engine or a cluster. `[a-z0-9]`. */
  installation: string;
  /** Names caches of builds; it is told to nobody. */
  cacheKey: Uint8Array;
  /** What the server's own registry takes from nodes of a cluster. */
  pullPassword: string;
  /** By which values of variables go into ids of workloads. */
  workloadKey: Uint8Array;
  /** By which records of builds are signed. */
  signingKey: ReturnType<typeof readSigningKey>;
}

export async function readInstallationKeys(
  { installation }: Pick<Store, "installation">,
  random: Random,
): Promise<InstallationKeys> {
  const draw = () => Buffer.from(random.bytes(32)).toString("hex");
  return {
    installation: await installation.getOrMake("installation", () => draw().slice(0, 12)),
    cacheKey: Buffer.from(await installation.getOrMake("build-cache-key", draw), "hex"),
    pullPassword: await installation.getOrMake("registry-pull-password", draw),
    workloadKey: Buffer.from(await installation.getOrMake("workload-key", draw), "hex"),
    signingKey: readSigningKey(await installation.getOrMake(signingKeyName, drawSigningKey)),
  };
}
