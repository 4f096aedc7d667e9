import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Cluster, KubeObject, Right } from "../../packages/cluster/src/index.ts";
import { makeToken, writeKubeconfigFor } from "../../packages/cluster/src/testing/account.ts";

/** An account on the cluster that has these rights and no others. */
export interface ClusterAccount {
  /** A kubeconfig that calls as it. */
  kubeconfig: string;
  remove(): Promise<void>;
}

type Rbac = KubeObject & { rules?: object[]; roleRef?: object; subjects?: object[] };

const rbac = "rbac.authorization.k8s.io";

export async function makeAccount(cluster: Cluster, name: string, rights: readonly Right[]): Promise<ClusterAccount> {
  const byResource = Map.groupBy(rights, ({ group, resource }) => `${resource}.${group}`);
  const rules = [...byResource.values()].map((of) => ({
    apiGroups: [of[0]!.group],
    resources: [of[0]!.resource],
    verbs: of.map(({ verb }) => verb),
  }));
  const objects: Rbac[] = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: name } },
    { apiVersion: `${rbac}/v1`, kind: "ClusterRole", metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name },
      subjects: [{ kind: "ServiceAccount", name, namespace: name }],
    },
  ];
  for (const object of objects) await cluster.create(object);
  const folder = mkdtempSync(join(tmpdir(), "berth-account-"));
  const tokenFile = join(folder, "token");
  writeFileSync(tokenFile, await makeToken(cluster, name, name), { mode: 0o600 });
  return {
    kubeconfig: await writeKubeconfigFor(tokenFile),
    async remove() {
      for (const { apiVersion, kind, metadata } of objects.toReversed())
        await cluster.remove({ apiVersion, kind, namespace: metadata.namespace ?? null, name: metadata.name });
      rmSync(folder, { recursive: true });
    },
  };
}
