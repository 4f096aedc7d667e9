import { z } from "zod";
import {
  addressForm,
  defaultBuildsQuota,
  defaultQuota,
  listOf,
  loginForm,
  namespacePrefixForm,
  parsePods,
  parseSize,
  quotaForm,
  rangeForm,
} from "./forms.ts";
import { parseBodyLimits, parseLimits } from "./limits.ts";

const port = z.coerce.number().int().min(0).max(65_535);
const domainPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** Every setting there is: how it is read, and the line that explains it in errors and in the documentation. */
export const variables = {
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

/** The settings as a person reads about them: name and explanation. */
export const settingsHelp: readonly { name: string; about: string }[] = Object.entries(variables).map(
  ([name, { about }]) => ({
    name,
    about,
  }),
);
