/** What the objects are called, in their namespace. */
export const installName = {
  server: "server",
  router: "router",
  /** What routers show the server. */
  routerToken: "router-token",
  settings: "settings",
  registryLogin: "registry-login",
  ingress: "berth",
  home: "home",
} as const;

/** Who is named as the manager of the fields. */
export const installManager = "berth-install";

export type Component = "server" | "router";

/** Of everything that was installed: by them, and by UID, it is found again. */
export function installLabels(namespace: string): Record<string, string> {
  return {
    "app.kubernetes.io/name": "berth",
    "app.kubernetes.io/instance": namespace,
    "app.kubernetes.io/part-of": "berth",
    "app.kubernetes.io/managed-by": installManager,
  };
}

/** Finds the pods of a part. */
export function componentSelector(component: Component): Record<string, string> {
  return { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": component };
}

/** As it is written where the cluster is asked for objects, and in settings. */
export function selectorText(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/** Of what belongs to the whole cluster. */
export function clusterName(namespace: string): string {
  return `berth:${namespace}`;
}

/** The options of the last installation, for the next one. */
export const optionsAnnotation = "dev.berth/install";

/** Namespaces of apps have it. */
export const ofApps = { "app.kubernetes.io/managed-by": "berth" } as const;
