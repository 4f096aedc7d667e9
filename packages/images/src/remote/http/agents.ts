import { Agent, request } from "node:http";
import type { ClientRequest, RequestOptions } from "node:http";
import type * as Https from "node:https";
import { loopbackHost } from "../places/loopback.ts";

export interface AgentsDeps {
  /** Variables that name a proxy: HTTP_PROXY, HTTPS_PROXY, NO_PROXY. */
  proxyEnv: Readonly<Record<string, string>>;
  /** Certificates to trust besides those that Node.js trusts, as PEM. */
  certificates: readonly string[];
}

/** Connections, kept for the next request. */
export interface Agents {
  /** Begins a request, by HTTP or HTTPS as the URL says. */
  begin(url: URL, options: RequestOptions): Promise<ClientRequest>;
  /** Also trusts whom the system trusts; false where it does already. */
  trustSystem(): Promise<boolean>;
  close(): void;
}

/** More connections to one registry than this do not make it faster. */
const mostSockets = 12;
/** How long a connection that nobody uses is kept, in ms. */
const idleMs = 15_000;

export function makeAgents(deps: AgentsDeps): Agents {
  const shared = { keepAlive: true, timeout: idleMs, maxSockets: mostSockets } as const;
  const near = new Agent(shared);
  const far = new Agent({ ...shared, proxyEnv: { ...deps.proxyEnv } });
  /** HTTPS with its certificates takes some memory, and many a home never needs it. */
  let secure: { https: typeof Https; near: Https.Agent; far: Https.Agent; system: boolean } | null = null;

  async function openSecure(system: boolean) {
    if (secure !== null && secure.system === system) return secure;
    const https = await import("node:https");
    const ca = system || deps.certificates.length > 0 ? await listAuthorities(system) : undefined;
    secure = {
      https,
      near: new https.Agent({ ...shared, ...(ca && { ca }) }),
      far: new https.Agent({ ...shared, ...(ca && { ca }), proxyEnv: { ...deps.proxyEnv } }),
      system,
    };
    return secure;
  }

  async function listAuthorities(system: boolean): Promise<string[]> {
    const { getCACertificates } = await import("node:tls");
    const found = [
      ...getCACertificates("default"),
      ...(system ? getCACertificates("system") : []),
      ...deps.certificates,
    ];
    return [...new Set(found)];
  }

  return {
    async begin(url, options) {
      const isNear = loopbackHost(url.host);
      if (url.protocol === "http:") return request(url, { ...options, agent: isNear ? near : far });
      const { https, ...agents } = await openSecure(secure?.system ?? false);
      return https.request(url, { ...options, agent: isNear ? agents.near : agents.far });
    },
    async trustSystem() {
      if (secure?.system === true) return false;
      await openSecure(true);
      return true;
    },
    close() {
      for (const agent of [near, far, secure?.near, secure?.far]) agent?.destroy();
    },
  };
}
