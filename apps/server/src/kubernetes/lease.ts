import { hostname } from "node:os";
import { makeActingCluster, startLease, type Cluster, type OtherHolder } from "@berth/cluster";
import { BerthError, type Clock, type Log, type Random } from "@berth/core";
import { readBootId } from "@berth/images";
import { kubernetesLabel } from "@berth/runtimes";
import type { ConnectedCluster } from "./connect.ts";

export interface ActAloneDeps {
  connected: Pick<ConnectedCluster, "cluster" | "openClient">;
  namespacePrefix: string;
  installation: string;
  home: string;
  clock: Clock;
  random: Random;
  log: Log;
}

/** The cluster as the one server may use it that acts on what a prefix of namespaces belongs to. */
export interface ActingAlone {
  cluster: Cluster;
  release(): Promise<void>;
}

const leaseName = "deployer";
const manager = "berth-lease";
const managedBy = { "app.kubernetes.io/managed-by": "berth" };

/**
 * Waits until no other server acts on the namespaces of this prefix, and takes the Lease that says so. Throws `cluster.conflict` where
 * another installation has them: it would not end, and the two would be in each other's way.
 */
export async function actAlone(deps: ActAloneDeps): Promise<ActingAlone> {
  const { connected, namespacePrefix, installation, home, clock, random, log } = deps;
  const namespace = leaseNamespace(namespacePrefix);
  const client = await connected.openClient();
  let told: string | null = null;

  function onOther(other: OtherHolder): BerthError | null {
    if (told !== other.identity)
      log.warn(
        { lease: `${namespace}/${leaseName}` },
        `${other.identity} acts on this cluster. This server waits until that one has ended`,
      );
    told = other.identity;
    return isOfOther(other, installation) ? otherInstallation(namespacePrefix, other) : null;
  }

  const lease = startLease({
    cluster: client,
    namespace,
    name: leaseName,
    identity: identityOf(hostname(), home, await readBootId()),
    labels: { ...managedBy, [kubernetesLabel.installation]: installation },
    manager,
    async makeNamespace() {
      const metadata = { name: namespace, labels: managedBy };
      await client.create({ apiVersion: "v1", kind: "Namespace", metadata }, { manager });
    },
    onOther,
    deps: { clock, steady: () => performance.now(), random, log },
  });
  const release = async () => {
    await lease.release();
    await client.close();
  };
  try {
    await lease.ready();
  } catch (error) {
    await release();
    throw error;
  }
  return { cluster: makeActingCluster(connected.cluster, lease), release };
}

/** No environment has a namespace of this name: theirs have `--`. */
function leaseNamespace(prefix: string): string {
  return `${prefix}system`;
}

/**
 * The same after a restart: a BERTH_HOME is one process's at a time, for that holds its database, so the one before has ended. That is so on
 * one machine only, and until it is started anew.
 */
function identityOf(host: string, home: string, bootId: string): string {
  return `${host}:${home} (${bootId.slice(0, 8)})`;
}

/** One that does not renew its lease may have ended long ago: its time is waited for, as any other's. */
function isOfOther({ labels, isAlive }: OtherHolder, installation: string): boolean {
  return isAlive && labels[kubernetesLabel.installation] !== installation;
}

function otherInstallation(prefix: string, { identity }: OtherHolder): BerthError {
  return new BerthError(
    "cluster.conflict",
    `Another installation of Berth has the namespaces of this cluster that begin with ${prefix}.`,
    {
      path: "BERTH_NAMESPACE_PREFIX",
      hint: `Give this one a prefix of its own, such as BERTH_NAMESPACE_PREFIX=${prefix.slice(0, 12)}two-.`,
      details: [`it runs as ${identity}`],
    },
  );
}
