import { parseImageName } from "@berth/core";
import type { Digest } from "@berth/core";
import { loopbackHost } from "../places/loopback.ts";
import { placesOf } from "../places/mirrors.ts";
import type { Mirrors } from "../places/mirrors.ts";
import { registryHost } from "../places/place.ts";
import type { Place } from "../places/place.ts";

/** Which repositories of a registry hold which blobs, as far as this process has seen. */
export interface Holders {
  note(place: Place, repository: string, digests: Iterable<Digest>): void;
  /** A repository that holds it and is not `except`; null where none is known. */
  find(place: Place, digest: Digest, except: string): string | null;
}

/** So many blobs are remembered; the ones seen longest ago are forgotten. */
const mostBlobs = 20_000;

export function makeHolders(): Holders {
  const known = new Map<string, string[]>();
  const keyOf = (place: Place, digest: Digest) => `${registryKey(place)} ${digest}`;
  return {
    note(place, repository, digests) {
      for (const digest of digests) {
        const key = keyOf(place, digest);
        const before = known.get(key) ?? [];
        known.delete(key);
        // Two are enough: one may be the repository that asks.
        known.set(key, [repository, ...before.filter((other) => other !== repository)].slice(0, 2));
      }
      for (const key of known.keys()) {
        if (known.size <= mostBlobs) break;
        known.delete(key);
      }
    },
    find: (place, digest, except) =>
      known.get(keyOf(place, digest))?.find((repository) => repository !== except) ?? null,
  };
}

/** The repository that a base came from, where it is one of this registry, whether by its own name or as a mirror's; else null. */
export function repositoryOfBase(base: string | null, place: Place, mirrors: Mirrors): string | null {
  if (base === null) return null;
  const { registry, repository } = parseImageName(base);
  const same = placesOf(registryHost(registry), mirrors).find((other) => registryKey(other) === registryKey(place));
  return same === undefined ? null : `${same.folder}${repository}`;
}

/** Equal for places that are one registry: this machine has several names. */
function registryKey({ origin, api }: Place): string {
  const { protocol, host, port } = new URL(origin);
  return `${protocol}//${loopbackHost(host) ? `localhost:${port}` : host}${api}`;
}
