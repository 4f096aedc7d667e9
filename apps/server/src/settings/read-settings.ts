import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { BerthError } from "@berth/core";
import type { Limits } from "@berth/router";
import { z } from "zod";
import { parseLogin } from "./forms.ts";
import type { RouterSettings, Settings } from "./settings.ts";
import { variables } from "./variables.ts";

type Variables = typeof variables;

const schemas = Object.fromEntries(Object.entries(variables).map(([name, { schema }]) => [name, schema]));
const schema = z.object(schemas as { [Name in keyof Variables]: Variables[Name]["schema"] });

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
    Object.keys(variables).map((name) => [name, env[name] === "" ? undefined : env[name]]),
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

function invalidSettings(error: z.ZodError, given: Record<string, string | undefined>): BerthError {
  const names = [...new Set(error.issues.map(({ path }) => String(path[0])))];
  const details = names.map((name) => {
    const { about } = variables[name as keyof Variables];
    const shown = name === "BERTH_ROUTER_TOKEN" ? "…" : JSON.stringify(given[name]);
    return `${name}=${shown}: it is ${about}`;
  });
  return new BerthError("settings.invalid", `${names.join(" and ")} cannot be used.`, {
    path: names.join(", "),
    details,
  });
}
