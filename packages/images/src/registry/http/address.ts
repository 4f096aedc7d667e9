import type { IncomingMessage } from "node:http";

const hostPattern = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/i;

/**
 * Where a client has reached this server, as it has to be told in an address. Behind a proxy that ends TLS the port and the scheme are the
 * proxy's: the host is what the client asked for, and the scheme what the proxy says. Both tell nobody but the one who sent them.
 */
export function addressOf(request: IncomingMessage, origin: string): { scheme: string; host: string } {
  const known = new URL(origin);
  const { host } = request.headers;
  const forwarded = request.headers["x-forwarded-proto"];
  return {
    scheme: forwarded === "https" || forwarded === "http" ? forwarded : known.protocol.slice(0, -1),
    host: host !== undefined && hostPattern.test(host) ? host : known.host,
  };
}
