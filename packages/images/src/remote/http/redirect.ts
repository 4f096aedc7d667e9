import { loopbackHost } from "../places/loopback.ts";
import { RemoteProblem } from "./problem.ts";

const redirects = new Set([301, 302, 303, 307, 308]);
/** More hops than this lead nowhere. */
export const mostHops = 5;

/** Whether an answer sends elsewhere. What carries a body follows only where that must be sent again. */
export function isRedirect(status: number, method: string): boolean {
  if (method === "GET" || method === "HEAD") return redirects.has(status);
  return status === 307 || status === 308;
}

/** Where a redirect leads. Throws where that is no place to go: no URL, or from HTTPS to plain HTTP. */
export function followRedirect(from: URL, location: string | undefined): URL {
  if (location === undefined || !URL.canParse(location, from.href))
    throw new RemoteProblem("malformed", from.origin, "redirects to nowhere");
  const to = new URL(location, from);
  const plain = to.protocol === "http:";
  if (!plain && to.protocol !== "https:")
    throw new RemoteProblem("malformed", from.origin, `redirects to ${to.protocol}`);
  if (plain && from.protocol === "https:")
    throw new RemoteProblem("refused", from.origin, `redirects to plain HTTP at ${to.host}`);
  return to;
}

/** Headers for the next hop: whoever is elsewhere does not learn the credentials. */
export function headersFor(headers: Readonly<Record<string, string>>, from: URL, to: URL): Record<string, string> {
  if (from.origin === to.origin) return { ...headers };
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() !== "authorization"));
}

/**
 * The address that a registry wants the next part of an upload sent to. Behind a proxy that ends HTTPS many a registry
 * names itself with plain HTTP; that is read as the address it was reached at.
 */
export function uploadLocation(from: URL, location: string | undefined): URL {
  const to = location !== undefined && URL.canParse(location, from.href) ? new URL(location, from) : null;
  const isItself =
    to !== null && to.protocol === "http:" && from.protocol === "https:" && to.hostname === from.hostname;
  if (!isItself || loopbackHost(to.host)) return followRedirect(from, location);
  return new URL(`${to.pathname}${to.search}`, from.origin);
}
