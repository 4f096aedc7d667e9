import { dirname, join } from "node:path";
import { writeFile } from "node:fs/promises";
import { systemClock } from "@berth/core";
import { KubeConfig } from "@kubernetes/client-node";
import type { Cluster } from "../cluster.ts";
import { refOf } from "../object.ts";
import type { KubeObject } from "../object.ts";
import { testKubeconfig } from "./cluster.ts";

type TokenSecret = KubeObject & { type: string; data?: { token?: string } };

/** Has the cluster make a token of a service account. */
export async function makeToken(cluster: Cluster, namespace: string, account: string): Promise<string> {
  const secret: TokenSecret = {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: `${account}-token`,
      namespace,
      annotations: { "kubernetes.io/service-account.name": account },
    },
    type: "kubernetes.io/service-account-token",
  };
  await cluster.create(secret);
  for (;;) {
    const token = (await cluster.get<TokenSecret>(refOf(secret)))?.data?.token;
    if (token !== undefined) return Buffer.from(token, "base64").toString();
    await systemClock.sleep(50);
  }
}

/** Writes a kubeconfig of the cluster under test beside a file with a token, to be called as whoever the token is of. */
export async function writeKubeconfigFor(tokenFile: string): Promise<string> {
  const original = new KubeConfig();
  original.loadFromFile(testKubeconfig());
  const own = original.getCurrentCluster();
  const cluster = {
    server: own?.server,
    "certificate-authority": own?.caFile,
    "certificate-authority-data": own?.caData,
    "insecure-skip-tls-verify": own?.skipTLSVerify,
  };
  const file = join(dirname(tokenFile), "kubeconfig");
  const config = {
    "current-context": "account",
    clusters: [{ name: "cluster", cluster }],
    users: [{ name: "account", user: { tokenFile } }],
    contexts: [{ name: "account", context: { cluster: "cluster", user: "account" } }],
  };
  await writeFile(file, JSON.stringify(config));
  return file;
}
