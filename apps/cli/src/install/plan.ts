/** What `berth install` puts on a cluster, decided: all that the objects are made of. */
export interface InstallPlan {
  namespace: string;
  /** Of Berth itself, by which nodes fetch it: `registry.example.com/team/berth@sha256:…`. */
  image: string;
  /** Below which apps are served. */
  domain: string;
  /** Where people reach Berth, as they type it. */
  url: string;
  /** Begins the names of the namespaces of apps. */
  namespacePrefix: string;
  access: Access;
  /** A registry that images of apps are pushed to; null: nodes fetch from Berth's own. */
  registry: string | null;
  /** Docker's config.json with logins to registries, for nodes and the server; null: none. */
  registryConfig: string | null;
  storage: { className: string | null; size: string };
  routers: number;
  /** What routers show the server. */
  routerToken: string;
  /** Settings of the server that a person added, by the name of the variable. */
  settings: Readonly<Record<string, string>>;
}

/** How requests come in. */
export type Access =
  | { kind: "node-port"; port: number }
  | { kind: "ingress"; host: string; className: string | null; tlsSecret: string }
  /** A Gateway that is there, with a listener for the host and what is below it. */
  | { kind: "gateway"; host: string; gateway: { namespace: string; name: string } };

/** The port that server and routers listen on. */
export const berthPort = 4_000;
/** The port at which pods of builds reach the server. */
export const buildPort = 4_001;

/** Where apps are built until something else is said, BERTH_BUILDER of the server: in pods of their own, away from what the server knows. */
export const defaultBuilder = "kubernetes";

/** By which host and port nodes reach Berth's own registry. Container runtimes trust localhost without certificates. */
export function nodesRegistryOf({ access }: Pick<InstallPlan, "access">): string {
  return access.kind === "node-port" ? `localhost:${access.port}` : access.host;
}
