import { readFile } from "node:fs/promises";
import type { RequestOptions } from "node:https";
import { delimiter, dirname, resolve } from "node:path";
import { BerthError } from "@berth/core";
import type { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";

export interface CredentialsOptions {
  /** As in KUBECONFIG: one file or several. Missing inside a pod, whose own account is used then. */
  kubeconfig?: string | undefined;
  /** Default: the kubeconfig's current one. */
  context?: string | undefined;
}

/** What a connection is made with. */
export interface Tls {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface Access {
  tls: Tls;
  headers: Record<string, string>;
  /** As the kubeconfig names it (`proxy-url`). */
  proxy: string | null;
  /** Goes through the proxy; for WebSockets. */
  agent: RequestOptions["agent"];
}

/** Who calls, and where to. */
export interface Credentials {
  name: string;
  server: string;
  namespace: string;
  /** As they are now: a token file is read again, a program that gives tokens is asked again when its token has expired. */
  access(): Promise<Access>;
  /** Reads everything anew: the API server did not take what it was given. */
  renew(): Promise<void>;
}

type Constructor = new () => KubeConfig;

/** Reads a kubeconfig, or a pod's own account where there is none. Throws `settings.invalid`. */
export async function openCredentials(KubeConfig: Constructor, options: CredentialsOptions): Promise<Credentials> {
  let config = await readConfig(KubeConfig, options);
  const context = config.getContextObject(config.currentContext);
  const cluster = config.getCurrentCluster();
  if (context === null || cluster === null) throw invalidContext(config, options);
  const server = cluster.server.replace(/\/+$/, "");
  const proxy = cluster.proxyUrl ?? null;
  let asked: Promise<Access> | null = null;
  return {
    name: options.kubeconfig === undefined ? "in-cluster" : config.currentContext,
    server,
    namespace: context.namespace?.trim() || "default",
    access() {
      // A program that gives tokens is not started for each of many calls at once.
      asked ??= ask().finally(() => (asked = null));
      return asked;
    },
    async renew() {
      config = await readConfig(KubeConfig, options);
    },
  };

  async function ask(): Promise<Access> {
    const given: RequestOptions = {};
    try {
      await config.applyToHTTPSOptions(given);
    } catch (error) {
      throw new BerthError("cluster.forbidden", `No credentials for the cluster ${server}: ${textOf(error)}`, {
        hint: "See that kubectl works with the same kubeconfig and context.",
        cause: error,
      });
    }
    return { tls: tlsOf(given), headers: headersOf(given), proxy, agent: given.agent };
  }
}

async function readConfig(KubeConfig: Constructor, { kubeconfig, context }: CredentialsOptions): Promise<KubeConfig> {
  const config = new KubeConfig();
  if (kubeconfig === undefined) {
    config.loadFromCluster();
    // What the client makes of variables that are not there.
    if (config.getCurrentCluster()?.server.includes("undefined") === true) {
      throw new BerthError("settings.invalid", "No kubeconfig is named, and this is no pod of a cluster.", {
        hint: "Name a kubeconfig that kubectl works with.",
      });
    }
    return config;
  }
  const files = kubeconfig.split(delimiter).filter((file) => file !== "");
  const parts = await Promise.all(files.map((file) => readFileOf(KubeConfig, file)));
  // As in kubectl: of what several files name, the first one's holds.
  config.loadFromOptions({
    clusters: firstOfEach(parts.flatMap(({ clusters }) => clusters)),
    users: firstOfEach(parts.flatMap(({ users }) => users)),
    contexts: firstOfEach(parts.flatMap(({ contexts }) => contexts)),
    currentContext: context ?? parts.find(({ currentContext }) => Boolean(currentContext))?.currentContext,
  });
  return config;
}

async function readFileOf(KubeConfig: Constructor, file: string): Promise<KubeConfig> {
  const config = new KubeConfig();
  try {
    const text = await readFile(file, "utf8");
    config.loadFromString(text);
    addTokenFiles(config, text);
    config.makePathsAbsolute(dirname(file));
  } catch (error) {
    throw new BerthError("settings.invalid", `The kubeconfig ${file} cannot be read: ${textOf(error)}`, {
      path: file,
      hint: "Name a file that kubectl works with.",
      cause: error,
    });
  }
  for (const user of config.users) {
    const tokenFile = user.authProvider?.name === "tokenFile" ? user.authProvider.config?.["tokenFile"] : undefined;
    if (typeof tokenFile === "string") user.authProvider.config["tokenFile"] = resolve(dirname(file), tokenFile);
  }
  return config;
}

/** The client passes over a user's `tokenFile`, though it can read such files for a pod's own account. */
function addTokenFiles(config: KubeConfig, text: string): void {
  const raw: { users?: { name: string; user?: { tokenFile?: string } }[] } = parse(text) ?? {};
  config.users = config.users.map((user) => {
    const tokenFile = raw.users?.find(({ name }) => name === user.name)?.user?.tokenFile;
    return tokenFile === undefined ? user : { ...user, authProvider: { name: "tokenFile", config: { tokenFile } } };
  });
}

function firstOfEach<T extends { name: string }>(all: readonly T[]): T[] {
  return all.filter(({ name }, place) => all.findIndex((other) => other.name === name) === place);
}

function invalidContext(config: KubeConfig, { kubeconfig }: CredentialsOptions): BerthError {
  const names = config.contexts.map(({ name }) => name);
  const wanted = config.currentContext;
  const path = kubeconfig === undefined ? {} : { path: kubeconfig };
  if (!wanted) {
    const message = "The kubeconfig has no current context.";
    return new BerthError("settings.invalid", message, { ...path, hint: `Name one: ${names.join(", ")}.` });
  }
  return new BerthError("settings.invalid", `The kubeconfig has no context ${wanted} with a cluster.`, {
    ...path,
    hint: names.length === 0 ? "It has no contexts at all." : `It has ${names.join(", ")}.`,
  });
}

function tlsOf({ ca, cert, key, servername, rejectUnauthorized }: RequestOptions): Tls {
  return {
    ...(isPem(ca) && { ca: String(ca) }),
    ...(isPem(cert) && { cert: String(cert) }),
    ...(isPem(key) && { key: String(key) }),
    ...(servername !== undefined && { servername }),
    ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
  };
}

function isPem(value: unknown): value is string | Buffer {
  return typeof value === "string" || Buffer.isBuffer(value);
}

function headersOf({ headers, auth }: RequestOptions): Record<string, string> {
  // A token from a file may end with a line break, which no header may.
  const given = Object.entries(headers ?? {}).map(([name, value]) => [name, String(value).trim()]);
  const basic = auth == null ? {} : { Authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
  return { ...basic, ...Object.fromEntries(given) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
