import { environmentHost, permalinkHost, type Scope } from "@berth/core";

/** Where things are served, as people type it. */
export interface Urls {
  /** The bare domain, without port. */
  domain: string;
  /** The port the server listens on; loopback addresses are reached there. */
  port: number;
  /** Scheme, domain and port of console, API and git, as a browser writes it in `Origin`. */
  origin: string;
  ofEnvironment(scope: Scope): string;
  /** The permalink of a release; only production's have one. */
  ofRelease(scope: Scope, version: number): string | null;
}

/**
 * Makes the URLs of an installation. `publicOrigin` is where people reach the server when something stands in front of it
 * (TLS, another port); otherwise it is plain HTTP on the port it listens on.
 */
export function makeUrls(site: { domain: string; port: number; publicOrigin?: string }): Urls {
  const origin = new URL(site.publicOrigin ?? `http://${site.domain}:${site.port}`);
  const at = (host: string) => `${origin.protocol}//${host}${origin.port === "" ? "" : `:${origin.port}`}`;
  return {
    domain: site.domain,
    port: site.port,
    origin: origin.origin,
    ofEnvironment: ({ app, environment }) => at(environmentHost(app, environment, site.domain)),
    ofRelease: ({ app, environment }, version) =>
      environment === "production" ? at(permalinkHost(app, version, site.domain)) : null,
  };
}
