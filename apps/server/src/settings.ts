import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { BerthError } from "@berth/core";
import type { EdgeSettings, Limits } from "@berth/router";
import type { EnvironmentQuota, PodPlace } from "@berth/runtimes";
import { z } from "zod";
import { parseBodyLimits, parseLimits } from "./limits-setting.ts";
import {
  addressForm,
  defaultBuildsQuota,
  defaultQuota,
  listOf,
  loginForm,
  namespacePrefixForm,
  parseLogin,
  parsePods,
  parseSize,
  quotaForm,
  rangeForm,
} from "./setting-forms.ts";

const port = z.coerce.number().int().min(0).max(65_535);
const domainPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Every setting there is: how it is read, and the line that explains it in errors and in the documentation. */
const settings = {
  BERTH_HOME: {
    schema: z.string().min(1).optional(),
    about: "the folder that holds all state (default ~/.berth)",
  },
  BERTH_PORT: {
    schema: port.default(4000),
    about: "the port for API, git and apps (default 4000; 0 picks a free one)",
  },
  BERTH_LISTEN: {
    schema: z.union([z.ipv4(), z.ipv6()]).default("127.0.0.1"),
    about: "the address it listens on (default 127.0.0.1; 0.0.0.0 lets other machines in)",
  },
  BERTH_DOMAIN: {
    schema: z.string().toLowerCase().regex(domainPattern).max(180).default("localhost"),
    about: "the domain below which apps are served (default localhost: shop is at http://shop.localhost:4000)",
  },
  BERTH_RUNTIME: {
    schema: z.enum(["process", "docker", "kubernetes"]).default("process"),
    about:
      "where apps run: process (on this machine itself, the default), docker (in containers) or kubernetes (on a cluster)",
  },
  BERTH_BUILDER: {
    schema: z.enum(["auto", "host", "docker", "kubernetes"]).default("auto"),
    about:
      "where builds run: host (with this machine's tools), docker (in the stack's own image), kubernetes (likewise, in pods of a cluster) or auto (the default: docker where apps run there, else host)",
  },
  BERTH_IMAGE: {
    schema: z
      .string()
      .regex(/^\S+@sha256:[0-9a-f]{64}$/)
      .optional(),
    about:
      "Berth's own image as nodes of a cluster pull it, by digest, for builds there: registry.example.com/team/berth@sha256:… (npm run image -- --push makes it)",
  },
  BERTH_BUILDS_QUOTA: {
    schema: quotaForm(defaultBuildsQuota).default(defaultBuildsQuota),
    about: "what all builds on a cluster may ask of it together (default pods=10,cpu=8,memory=64Gi)",
  },
  BERTH_BUILD_CACHE: {
    schema: z
      .string()
      .transform(parseSize)
      .default(10 * 2 ** 30),
    about: "how large the volume is that an app's builds on a cluster keep downloads in (default 10Gi; 0: none)",
  },
  BERTH_BUILD_PORT: {
    schema: port.default(0),
    about: "the port at which pods of builds reach this server (default 0: a free one)",
  },
  BERTH_LAYERS: {
    schema: z.enum(["gzip", "zstd"]).default("gzip"),
    about: "how layers of images are compressed: gzip (the default, which every engine takes) or zstd",
  },
  BERTH_MIRRORS: {
    schema: z.string().default(""),
    about: "where base images are fetched instead: docker.io=http://127.0.0.1:5055, further ones after a comma",
  },
  BERTH_REGISTRY: {
    schema: z.string().optional(),
    about: "a registry, with a folder in it, that images are pushed to besides: registry.example.com/team",
  },
  BERTH_SUBNETS: {
    schema: z.cidrv4().default("10.201.0.0/16"),
    about: "the addresses that networks of environments are made of, with docker (default 10.201.0.0/16)",
  },
  BERTH_URL: {
    schema: z.url({ protocol: /^https?$/ }).optional(),
    about:
      "where people reach Berth, if not at its own port: https://apps.example.org, where a proxy or routers stand in front",
  },
  BERTH_PULL_LOGIN: {
    schema: loginForm.optional(),
    about:
      "what nodes of a cluster log in to BERTH_REGISTRY with, to pull: name:password (default: they have it themselves)",
  },
  BERTH_NODES_REGISTRY: {
    schema: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?$/)
      .optional(),
    about:
      "by which host and port nodes of a cluster reach this server's own registry: localhost:30400 (default: this machine's, where it is the node)",
  },
  BERTH_CONTEXT: {
    schema: z.string().optional(),
    about: "the context of the kubeconfig that names the cluster (default: its current one)",
  },
  BERTH_NAMESPACE_PREFIX: {
    schema: namespacePrefixForm.default("berth-"),
    about: "what the names of namespaces begin with on a cluster, ending with - (default berth-)",
  },
  BERTH_ROUTER_ADDRESSES: {
    schema: listOf(addressForm),
    about:
      "the addresses at which pods reach this server, with commas between (default: the one that it reaches nodes from)",
  },
  BERTH_CLUSTER_RANGES: {
    schema: listOf(rangeForm),
    about:
      "the addresses of a cluster's pods, services and nodes: 10.244.0.0/16,10.96.0.0/16 (default: as the cluster tells)",
  },
  BERTH_ROUTER_PODS: {
    schema: z.string().transform(parsePods).optional(),
    about:
      "the pods that are routers, by namespace and labels: berth-system/app.kubernetes.io/component=router (default: this server is the router)",
  },
  BERTH_QUOTA: {
    schema: quotaForm(defaultQuota).default(defaultQuota),
    about: "what all instances of an environment may ask of a cluster together (default pods=50,cpu=16,memory=32Gi)",
  },
  BERTH_WORKERS: {
    schema: z.coerce.number().int().min(1).max(64).default(1),
    about:
      "how many processes take requests at the port (default 1: this one; one for each core is the most that helps)",
  },
  BERTH_ROLE: {
    schema: z.enum(["all", "router"]).default("all"),
    about: "which parts this process runs: all (the default), or a router alone, which BERTH_SERVER feeds",
  },
  BERTH_SERVER: {
    schema: z.url({ protocol: /^http$/ }).optional(),
    about: "the server that feeds a router: http://10.0.0.5:4000",
  },
  BERTH_ROUTER_TOKEN: {
    schema: z.string().min(32).optional(),
    about:
      "what routers show their server, 32 characters or more (the server's default is drawn, in BERTH_HOME/router-token)",
  },
  BERTH_NEIGHBOURS: {
    schema: z.union([z.ipv4(), z.ipv6()]).optional(),
    about:
      "the address at which a router takes requests of services to each other: 0.0.0.0 in a pod (default: none; the server's own router takes them)",
  },
  BERTH_TRUSTED_PROXIES: {
    schema: listOf(rangeForm),
    about:
      "the addresses of proxies in front, whose X-Forwarded headers are believed: 10.0.0.0/8, further ones after a comma (default: nobody's are)",
  },
  BERTH_PROXY_PROTOCOL: {
    schema: z.enum(["off", "on"]).default("off"),
    about:
      "whether BERTH_TRUSTED_PROXIES begin each connection with a PROXY header, version 1 or 2: off (default) or on",
  },
  BERTH_LIMITS: {
    schema: z.string().transform(parseLimits).optional(),
    about:
      "what clients may take: connections=50000,client-connections=5000,in-flight=20000,url=8Ki,headers=24Ki,header-count=100,header-timeout=30s,body-timeout=60s,answer-timeout=60s,idle-timeout=75s,streams=100 (those that differ; of the first three 0 is no limit)",
  },
  BERTH_BODY_LIMITS: {
    schema: z.string().transform(parseBodyLimits).optional(),
    about: "how large a body apps take: shop=10Mi,*=1Gi, where * is all others (default: any)",
  },
  BERTH_ACCESS_LOG: {
    schema: z.string().default("off"),
    about: "where a line of JSON goes for each request: stdout, or a file (default off)",
  },
  BERTH_CONFIG_KEY_COMMAND: {
    schema: z.string().trim().min(1).optional(),
    about:
      "a program with arguments, without a shell, that prints the keys of config values, such as one that asks a key service (default: the file BERTH_HOME/config-keys)",
  },
  BERTH_LOG: {
    schema: z.enum(["debug", "info", "warn", "error", "silent"]).default("warn"),
    about: "how much the server says on its error output: debug, info, warn, error or silent (default warn)",
  },
} as const;

/** How builds on a cluster are made. */
export interface ClusterBuildSettings {
  /** Berth's own image, by digest; null where nobody has said. */
  image: string | null;
  quota: EnvironmentQuota;
  /** Of an app's cache volume; 0: none. */
  cacheBytes: number;
  /** 0: a free one. */
  port: number;
}

/** How a cluster is used. */
export interface ClusterSettings {
  /** Null: the kubeconfig's current one. */
  context: string | null;
  namespacePrefix: string;
  /** Null: found out. */
  routerAddresses: readonly string[] | null;
  ranges: readonly string[] | null;
  /** Which pods are routers; null: none, this server is. */
  routerPods: PodPlace | null;
  quota: EnvironmentQuota;
}

export interface Settings {
  home: string;
  port: number;
  listen: string;
  domain: string;
  runtime: "process" | "docker" | "kubernetes";
  builder: "host" | "docker" | "kubernetes";
  builds: ClusterBuildSettings;
  layers: "gzip" | "zstd";
  /** As written; the client of registries reads it. */
  mirrors: string;
  /** Host and folder that images are pushed to, as written; null: nowhere. */
  registry: string | null;
  pullLogin: { username: string; password: string } | null;
  /** By which name nodes reach this server's own registry; null: found out. */
  nodesRegistry: string | null;
  subnets: string;
  /** Where people reach Berth; null: at the port it listens on. */
  publicUrl: string | null;
  cluster: ClusterSettings;
  /** How many processes take requests at the port, with this one. */
  workers: number;
  role: "all" | "router";
  server: string | null;
  routerToken: string | null;
  /** A program that prints the keys of config values, with its arguments; null: they are in a file. */
  configKeyCommand: readonly string[] | null;
  /** Where a router takes requests of neighbours; null: nowhere. */
  neighbours: string | null;
  /** Whom the servers in front of apps let in, and how much they take. */
  edge: EdgeSettings;
  /** `stdout`, or a file's absolute path; null: no access log. */
  accessLog: string | null;
  logLevel: "debug" | "info" | "warn" | "error" | "silent";
}

/** What a router in a process of its own needs. */
export interface RouterSettings extends Pick<
  Settings,
  "home" | "port" | "listen" | "domain" | "neighbours" | "workers" | "edge" | "accessLog"
> {
  server: string;
  routerToken: string;
  cluster: Pick<ClusterSettings, "ranges">;
}

/** Throws `settings.invalid` where one is missing. */
export function routerSettings({ server, routerToken, ...settings }: Settings): RouterSettings {
  if (server !== null && routerToken !== null) return { ...settings, server, routerToken };
  const missing = [server === null && "BERTH_SERVER", routerToken === null && "BERTH_ROUTER_TOKEN"].filter(
    (name) => name !== false,
  );
  throw new BerthError("settings.invalid", `A router needs ${missing.join(" and ")}.`, {
    path: missing.join(", "),
    hint: "BERTH_SERVER is the address of the server; the token is in the file router-token of the server's BERTH_HOME.",
  });
}

/** Reads the settings from an environment. Throws `settings.invalid` that names each variable that is wrong and what it is for. */
export function readSettings(env: Readonly<Record<string, string | undefined>>): Settings {
  const given = Object.fromEntries(
    Object.keys(settings).map((name) => [name, env[name] === "" ? undefined : env[name]]),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) throw invalidSettings(parsed.error, given);
  const { data } = parsed;
  return {
    home: resolve(data.BERTH_HOME ?? join(homedir(), ".berth")),
    port: data.BERTH_PORT,
    listen: data.BERTH_LISTEN,
    domain: data.BERTH_DOMAIN,
    runtime: data.BERTH_RUNTIME,
    builder: data.BERTH_BUILDER === "auto" ? (data.BERTH_RUNTIME === "docker" ? "docker" : "host") : data.BERTH_BUILDER,
    builds: {
      image: data.BERTH_IMAGE ?? null,
      quota: data.BERTH_BUILDS_QUOTA,
      cacheBytes: data.BERTH_BUILD_CACHE,
      port: data.BERTH_BUILD_PORT,
    },
    layers: data.BERTH_LAYERS,
    mirrors: data.BERTH_MIRRORS,
    registry: data.BERTH_REGISTRY ?? null,
    pullLogin: data.BERTH_PULL_LOGIN === undefined ? null : parseLogin(data.BERTH_PULL_LOGIN),
    nodesRegistry: data.BERTH_NODES_REGISTRY ?? null,
    subnets: data.BERTH_SUBNETS,
    publicUrl: data.BERTH_URL ?? null,
    cluster: {
      context: data.BERTH_CONTEXT ?? null,
      namespacePrefix: data.BERTH_NAMESPACE_PREFIX,
      routerAddresses: data.BERTH_ROUTER_ADDRESSES ?? null,
      ranges: data.BERTH_CLUSTER_RANGES ?? null,
      routerPods: data.BERTH_ROUTER_PODS ?? null,
      quota: data.BERTH_QUOTA,
    },
    workers: data.BERTH_WORKERS,
    role: data.BERTH_ROLE,
    server: data.BERTH_SERVER ?? null,
    routerToken: data.BERTH_ROUTER_TOKEN ?? null,
    configKeyCommand: data.BERTH_CONFIG_KEY_COMMAND?.split(/\s+/) ?? null,
    neighbours: data.BERTH_NEIGHBOURS ?? null,
    edge: {
      limits: withBodies(data.BERTH_LIMITS ?? {}, data.BERTH_BODY_LIMITS),
      trustedProxies: data.BERTH_TRUSTED_PROXIES ?? [],
      proxyProtocol: data.BERTH_PROXY_PROTOCOL === "on",
    },
    accessLog: accessLogOf(data.BERTH_ACCESS_LOG),
    logLevel: data.BERTH_LOG,
  };
}

function withBodies(limits: Partial<Limits>, bodyBytes: Limits["bodyBytes"] | undefined): Partial<Limits> {
  return bodyBytes === undefined ? limits : { ...limits, bodyBytes };
}

function accessLogOf(given: string): string | null {
  if (given === "off") return null;
  return given === "stdout" ? given : resolve(given);
}

/** The settings as a person reads about them: name and explanation. */
export const settingsHelp: readonly { name: string; about: string }[] = Object.entries(settings).map(
  ([name, { about }]) => ({
    name,
    about,
  }),
);

const schema = z.object({
  BERTH_HOME: settings.BERTH_HOME.schema,
  BERTH_PORT: settings.BERTH_PORT.schema,
  BERTH_LISTEN: settings.BERTH_LISTEN.schema,
  BERTH_DOMAIN: settings.BERTH_DOMAIN.schema,
  BERTH_RUNTIME: settings.BERTH_RUNTIME.schema,
  BERTH_BUILDER: settings.BERTH_BUILDER.schema,
  BERTH_IMAGE: settings.BERTH_IMAGE.schema,
  BERTH_BUILDS_QUOTA: settings.BERTH_BUILDS_QUOTA.schema,
  BERTH_BUILD_CACHE: settings.BERTH_BUILD_CACHE.schema,
  BERTH_BUILD_PORT: settings.BERTH_BUILD_PORT.schema,
  BERTH_LAYERS: settings.BERTH_LAYERS.schema,
  BERTH_MIRRORS: settings.BERTH_MIRRORS.schema,
  BERTH_REGISTRY: settings.BERTH_REGISTRY.schema,
  BERTH_SUBNETS: settings.BERTH_SUBNETS.schema,
  BERTH_URL: settings.BERTH_URL.schema,
  BERTH_PULL_LOGIN: settings.BERTH_PULL_LOGIN.schema,
  BERTH_NODES_REGISTRY: settings.BERTH_NODES_REGISTRY.schema,
  BERTH_CONTEXT: settings.BERTH_CONTEXT.schema,
  BERTH_NAMESPACE_PREFIX: settings.BERTH_NAMESPACE_PREFIX.schema,
  BERTH_ROUTER_ADDRESSES: settings.BERTH_ROUTER_ADDRESSES.schema,
  BERTH_CLUSTER_RANGES: settings.BERTH_CLUSTER_RANGES.schema,
  BERTH_ROUTER_PODS: settings.BERTH_ROUTER_PODS.schema,
  BERTH_QUOTA: settings.BERTH_QUOTA.schema,
  BERTH_WORKERS: settings.BERTH_WORKERS.schema,
  BERTH_ROLE: settings.BERTH_ROLE.schema,
  BERTH_SERVER: settings.BERTH_SERVER.schema,
  BERTH_ROUTER_TOKEN: settings.BERTH_ROUTER_TOKEN.schema,
  BERTH_NEIGHBOURS: settings.BERTH_NEIGHBOURS.schema,
  BERTH_TRUSTED_PROXIES: settings.BERTH_TRUSTED_PROXIES.schema,
  BERTH_PROXY_PROTOCOL: settings.BERTH_PROXY_PROTOCOL.schema,
  BERTH_LIMITS: settings.BERTH_LIMITS.schema,
  BERTH_BODY_LIMITS: settings.BERTH_BODY_LIMITS.schema,
  BERTH_ACCESS_LOG: settings.BERTH_ACCESS_LOG.schema,
  BERTH_CONFIG_KEY_COMMAND: settings.BERTH_CONFIG_KEY_COMMAND.schema,
  BERTH_LOG: settings.BERTH_LOG.schema,
});

function invalidSettings(error: z.ZodError, given: Record<string, string | undefined>): BerthError {
  const names = [...new Set(error.issues.map(({ path }) => String(path[0])))];
  const details = names.map((name) => {
    const { about } = settings[name as keyof typeof settings];
    const shown = name === "BERTH_ROUTER_TOKEN" ? "…" : JSON.stringify(given[name]);
    return `${name}=${shown}: it is ${about}`;
  });
  return new BerthError("settings.invalid", `${names.join(" and ")} cannot be used.`, {
    path: names.join(", "),
    details,
  });
}
