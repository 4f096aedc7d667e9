import { BerthError } from "@berth/core/errors";
import type { Access, InstallPlan } from "./plan.ts";

/** What a person asks for; what is missing stays as it is, or gets its default. */
export interface Asked {
  image?: string | undefined;
  domain?: string | undefined;
  url?: string | undefined;
  registry?: string | undefined;
  ingress?: string | undefined;
  ingressClass?: string | undefined;
  tlsSecret?: string | undefined;
  gateway?: string | undefined;
  nodePort?: string | undefined;
  namespacePrefix?: string | undefined;
  storageClass?: string | undefined;
  storageSize?: string | undefined;
}

/** What was chosen, as the namespace keeps it for the next time. Nothing in it is secret. */
export interface Chosen extends Pick<
  InstallPlan,
  "image" | "domain" | "namespacePrefix" | "access" | "registry" | "storage"
> {
  /** Null: it follows from how requests come in. */
  url: string | null;
}

const defaults = { nodePort: 30_400, domain: "localhost", namespacePrefix: "berth-", storageSize: "10Gi" } as const;
const hostPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
const nodePorts = { first: 1_024, last: 65_535 };

/** Decides by what is asked for and what was chosen before. Throws `input.invalid`. */
export function choose(asked: Asked, before: Chosen | null): Chosen {
  const access = chooseAccess(asked, before?.access ?? null);
  const domain =
    access.kind === "node-port"
      ? checkHost("--domain", asked.domain ?? before?.domain ?? defaults.domain)
      : access.host;
  if (asked.domain !== undefined && asked.domain !== domain)
    throw invalid("--domain", "With --ingress its host is the domain.", "Leave --domain out.");
  return {
    image: chooseImage(asked.image ?? before?.image),
    domain,
    namespacePrefix: asked.namespacePrefix ?? before?.namespacePrefix ?? defaults.namespacePrefix,
    access,
    registry: asked.registry === "none" ? null : (asked.registry ?? before?.registry ?? null),
    storage: chooseStorage(asked, before?.storage ?? null),
    url: asked.url === undefined ? (before?.url ?? null) : checkUrl(asked.url),
  };
}

/** Where people reach Berth. */
export function urlOf({ url, access, domain }: Pick<Chosen, "url" | "access" | "domain">): string {
  if (url !== null) return url;
  return access.kind === "node-port" ? `http://${domain}:${access.port}` : `https://${access.host}`;
}

function chooseAccess(asked: Asked, before: Access | null): Access {
  const { ingress, nodePort, gateway } = asked;
  if (ingress !== undefined && nodePort !== undefined)
    throw invalid(
      "--ingress, --node-port",
      "Requests come in by an Ingress or by a port of nodes.",
      "Name one of them.",
    );
  if (nodePort !== undefined) return { kind: "node-port", port: readPort(nodePort) };
  const host = ingress ?? (before !== null && before.kind !== "node-port" ? before.host : undefined);
  if (host === undefined) {
    const alone = gateway ?? asked.ingressClass ?? asked.tlsSecret;
    if (alone !== undefined)
      throw invalid("--ingress", "Nothing says which host it is for.", "Name it: --ingress apps.example.org");
    return before ?? { kind: "node-port", port: defaults.nodePort };
  }
  checkHost("--ingress", host);
  if (gateway !== undefined) return { kind: "gateway", host, gateway: readGateway(gateway) };
  if (before?.kind === "gateway" && asked.ingressClass === undefined && asked.tlsSecret === undefined)
    return { ...before, host };
  const last = before?.kind === "ingress" ? before : null;
  return {
    kind: "ingress",
    host,
    className: asked.ingressClass ?? last?.className ?? null,
    tlsSecret: asked.tlsSecret ?? last?.tlsSecret ?? "berth-tls",
  };
}

function chooseImage(image: string | undefined): string {
  if (image !== undefined && /^[\w.:/-]+@sha256:[0-9a-f]{64}$/.test(image)) return image;
  const hint =
    "Make it and push it where nodes reach it: npm run image -- --push registry.example.com/team prints its name.";
  throw image === undefined
    ? invalid("--image", "Nothing says which image of Berth is to run.", hint)
    : invalid("--image", `${JSON.stringify(image)} does not name an image with its digest.`, hint);
}

/** A claim is never changed: neither its class nor, by a StatefulSet, its size. */
function chooseStorage({ storageClass, storageSize }: Asked, before: Chosen["storage"] | null): Chosen["storage"] {
  const chosen = {
    className: storageClass ?? before?.className ?? null,
    size: storageSize ?? before?.size ?? defaults.storageSize,
  };
  if (!/^[1-9]\d*(Mi|Gi|Ti)$/.test(chosen.size))
    throw invalid("--storage-size", `${JSON.stringify(chosen.size)} is no size.`, "Write it as 10Gi.");
  if (before === null || (chosen.className === before.className && chosen.size === before.size)) return chosen;
  throw invalid(
    "--storage-class, --storage-size",
    `The server's volume is there already, of ${before.size}${before.className === null ? "" : ` and class ${before.className}`}.`,
    "Leave these options out. To grow it, edit its PersistentVolumeClaim where its class allows that.",
  );
}

function checkHost(option: string, host: string): string {
  if (hostPattern.test(host) && host.length <= 180) return host;
  throw invalid(option, `${JSON.stringify(host)} is no name of a host.`, "Such as apps.example.org.");
}

function checkUrl(url: string): string {
  const parsed = URL.parse(url);
  if (parsed !== null && /^https?:$/.test(parsed.protocol)) return parsed.origin;
  throw invalid("--url", `${JSON.stringify(url)} is no address.`, "Such as https://apps.example.org.");
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= nodePorts.first && port <= nodePorts.last) return port;
  throw invalid("--node-port", `${JSON.stringify(text)} is no port.`, "Clusters have them from 30000 to 32767.");
}

function readGateway(text: string): { namespace: string; name: string } {
  const [namespace, name, ...more] = text.split("/");
  if (namespace && name && more.length === 0) return { namespace, name };
  throw invalid("--gateway", `${JSON.stringify(text)} is no Gateway.`, "Write it as namespace/name.");
}

function invalid(path: string, message: string, hint: string): BerthError {
  return new BerthError("input.invalid", message, { path, hint });
}
