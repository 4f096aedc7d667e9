/** Where a server takes the connections of routers, at its bare domain. */
export const feedPath = "/routers/connect";

/** A router says with its connection who it is, and below which domain it takes apps to be. */
export interface RouterIdentity {
  router: string;
  domain: string;
}

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

export function feedUrl(server: string, { router, domain }: RouterIdentity): string {
  const url = new URL(feedPath, server);
  url.search = new URLSearchParams({ router, domain }).toString();
  return url.href;
}

/** Null where the request is not one of a router. */
export function readFeedUrl(target: string): RouterIdentity | null {
  const [path, query = ""] = target.split("?", 2);
  const given = new URLSearchParams(query);
  const router = given.get("router") ?? "";
  if (path !== feedPath || !namePattern.test(router)) return null;
  return { router, domain: given.get("domain") ?? "" };
}
