import type { Cluster, KubeObject } from "@berth/cluster";
import type { Chosen } from "./choose.ts";
import { installManager, installName, optionsAnnotation } from "./names.ts";

/** What an installation that is there has, and the next one keeps. */
export interface Existing {
  /** The namespace is there, and `berth install` made it. */
  isInstalled: boolean;
  chosen: Chosen | null;
  routerToken: string | null;
  settings: Readonly<Record<string, string>> | null;
  registryConfig: string | null;
  routers: number | null;
}

type Secret = KubeObject & { data?: Record<string, string> };

/** Reads what is there of an installation. */
export async function readExisting(cluster: Pick<Cluster, "get">, namespace: string): Promise<Existing> {
  const secret = (name: string) => cluster.get<Secret>({ apiVersion: "v1", kind: "Secret", namespace, name });
  const [home, token, settings, login, routers] = await Promise.all([
    cluster.get<KubeObject>({ apiVersion: "v1", kind: "Namespace", namespace: null, name: namespace }),
    secret(installName.routerToken),
    secret(installName.settings),
    secret(installName.registryLogin),
    cluster.get<KubeObject & { spec: { replicas?: number } }>({
      apiVersion: "apps/v1",
      kind: "Deployment",
      namespace,
      name: installName.router,
    }),
  ]);
  return {
    isInstalled: home !== null && isInstalled(home),
    chosen: readChosen(home?.metadata.annotations?.[optionsAnnotation]),
    routerToken: valuesOf(token)["token"] ?? null,
    settings: settings === null ? null : valuesOf(settings),
    registryConfig: valuesOf(login)[".dockerconfigjson"] ?? null,
    routers: routers?.spec.replicas ?? null,
  };
}

/** Whether `berth install` has made an object. */
export function isInstalled({ metadata }: KubeObject): boolean {
  return metadata.labels?.["app.kubernetes.io/managed-by"] === installManager;
}

function readChosen(text: string | undefined): Chosen | null {
  return text === undefined ? null : (JSON.parse(text) as Chosen);
}

function valuesOf(secret: Secret | null): Record<string, string> {
  const entries = Object.entries(secret?.data ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name, Buffer.from(value, "base64").toString()]));
}
