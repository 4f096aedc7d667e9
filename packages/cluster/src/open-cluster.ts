import type { Clock, Log, Random } from "@berth/core";
import type { CallRecord } from "./calls/call.ts";
import { makeCaller } from "./calls/caller.ts";
import type { Caller } from "./calls/caller.ts";
import type { CallLimit } from "./calls/token-bucket.ts";
import type { Cluster } from "./cluster.ts";
import { openCredentials } from "./connection/credentials.ts";
import type { CredentialsOptions } from "./connection/credentials.ts";
import { openTransport } from "./connection/transport.ts";
import { makeCluster } from "./make-cluster.ts";

export interface OpenClusterOptions extends CredentialsOptions {
  /** What the API server is asked at the most; watches, logs and exec do not count. Default: 50 a second, 100 at once. */
  limit?: CallLimit;
  /** Hears of each call when it has been answered or has failed. */
  onCall?: (record: CallRecord) => void;
  deps: { clock: Clock; random: Random; log: Log };
}

const defaultLimit: CallLimit = { perSecond: 50, burst: 100 };

/** Connects to a cluster and asks what it is. Throws `settings.invalid`, `cluster.unreachable`, `cluster.forbidden`. */
export async function openCluster(options: OpenClusterOptions): Promise<Cluster> {
  const { limit = defaultLimit, onCall = () => {}, deps } = options;
  // Only now: an installation without a cluster needs none of the 90 MB that the client takes.
  const [{ KubeConfig }, { default: undici }] = await Promise.all([
    import("@kubernetes/client-node"),
    import("undici"),
  ]);
  const credentials = await openCredentials(KubeConfig, options);
  const transport = openTransport(undici, credentials);
  const caller = makeCaller({ transport, credentials, limit, onCall, ...deps });
  try {
    const version = await askVersion(caller);
    return makeCluster({ caller, credentials, version, close: () => transport.close(), ...deps });
  } catch (error) {
    await transport.close();
    throw error;
  }
}

async function askVersion(caller: Caller): Promise<string> {
  const path = "/version";
  const { gitVersion } = await caller.send<{ gitVersion: string }>({
    verb: "get",
    resource: path,
    namespace: null,
    subject: "version of the cluster",
    path,
    repeatable: true,
  });
  return gitVersion.replace(/^v/, "");
}
