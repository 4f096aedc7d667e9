import type { IncomingMessage } from "node:http";
import { loopbackHost } from "../../remote/places/loopback.ts";

const hostPattern = /^(?:[\w.-]+|\[[\da-f:]+\])(?::\d{1,5})?$/i;

/**
 * Where a client has reached this server, as it has to be told in an address. Behind a proxy that ends TLS the port and the scheme are the
 * proxy's: the host is what the client asked for, and the scheme what the proxy says. Both tell nobody but the one who sent them.
 */
export function addressOf(request: IncomingMessage, origin: string): { scheme: string; host: string } {
  const known = new URL(origin);
  const { host } = request.headers;
  const asked = host !== undefined && hostPattern.test(host) ? host : known.host;
  const forwarded = request.headers["x-forwarded-proto"];
  return {
    scheme: forwarded === "https" || forwarded === "http" ? forwarded : schemeOf(asked, known),
    host: asked,
  };
}

/** Nodes of a cluster ask at a port of their own, without TLS, wherever people reach the server. */
function schemeOf(asked: string, known: URL): string {
  return asked !== known.host && loopbackHost(asked) ? "http" : known.protocol.slice(0, -1);
}
