import { loopbackHost } from "./loopback.ts";

/** Where a registry's API answers: the registry itself, or a mirror of it. */
export interface Place {
  /** Such as `https://registry-1.docker.io`. */
  origin: string;
  /** Where its API begins, mostly `/v2/`. */
  api: string;
  /** What comes before an image's repository there: empty, or a mirror's folder such as `ghcr/`. */
  folder: string;
  /** The host, with a port where there is one, that its credentials are kept under. */
  host: string;
  /** The registry that it is a mirror of; null for a registry itself. */
  mirrorOf: string | null;
}

export const dockerHub = "docker.io";
/** Docker Hub's names for itself, in the words of its users, its site and its API. */
const hubHosts = new Set([dockerHub, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]);

/** The one name of a registry's host. */
export function registryHost(host: string): string {
  const lower = host.toLowerCase();
  return hubHosts.has(lower) ? dockerHub : lower;
}

/** A registry itself. Plain HTTP is only for those on this machine, and where someone says so. */
export function registryPlace(host: string, plainHttp = loopbackHost(host)): Place {
  const registry = registryHost(host);
  const address = registry === dockerHub ? "registry-1.docker.io" : registry;
  const { origin } = new URL(`${plainHttp ? "http" : "https"}://${address}`);
  return { origin, api: "/v2/", folder: "", host: registry, mirrorOf: null };
}

/** A place as people are told of it. */
export function placeText({ origin, folder, mirrorOf }: Place): string {
  return mirrorOf === null
    ? origin
    : `${origin}${folder === "" ? "" : `/${folder.slice(0, -1)}`} (a mirror of ${mirrorOf})`;
}
