import { coversPath, type HostRoutes, type Route } from "@berth/core";

const portSuffix = /:\d{0,5}$/;
const validHost = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/** The name that routing knows a Host header by: lower case, without its port and trailing dot. */
export function hostName(header: string): string {
  const name = header.replace(portSuffix, "").toLowerCase();
  return name.endsWith(".") ? name.slice(0, -1) : name;
}

/** Whether a Host header is a name or address with an optional port and nothing else, so that it can be quoted in other headers. */
export function isHost(header: string): boolean {
  return validHost.test(header);
}

/** The route with the longest prefix that takes this target. */
export function findRoute(host: HostRoutes, target: string): Route | null {
  for (const route of host.routes) if (coversPath(route.prefix, target)) return route;
  return null;
}

/**
 * The path and query of a request target, or null where it cannot be forwarded. An absolute target
 * (`GET http://shop.localhost/x`) is taken only where it names the same host as the Host header: a proxy and an app
 * that believe different ones can be played against each other.
 */
export function pathOf(target: string, host: string): string | null {
  // A fragment is the client's own; what a server makes of one differs.
  if (target.includes("#")) return null;
  if (target.charCodeAt(0) === 47) return target;
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (absolute === null || absolute[1]?.toLowerCase() !== host.toLowerCase()) return null;
  const rest = absolute[2] ?? "";
  return rest.startsWith("/") ? rest : `/${rest}`;
}
