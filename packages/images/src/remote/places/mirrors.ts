import { BerthError } from "@berth/core";
import { hostPattern, readAddress } from "./address.ts";
import { registryHost, registryPlace } from "./place.ts";
import type { Place } from "./place.ts";

/** For each registry that has some, by its host: its mirrors, in the order they are asked in. */
export type Mirrors = ReadonlyMap<string, readonly Place[]>;

const example = "docker.io=http://127.0.0.1:5055,ghcr.io=https://mirror.example/ghcr";

/**
 * Reads BERTH_MIRRORS: `registry=URL`, separated by commas; several for one registry are asked in order, and then the registry itself.
 * A path is a folder of the mirror, or, where it contains `/v2`, where its API begins. Without `http://` or `https://` a mirror is
 * reached by HTTPS, on this machine by HTTP. Throws `settings.invalid`.
 */
export function parseMirrors(text: string): Mirrors {
  const mirrors = new Map<string, Place[]>();
  const problems: string[] = [];
  for (const [index, entry] of text.split(",").entries()) {
    const trimmed = entry.trim();
    if (trimmed === "") continue;
    const read = readEntry(trimmed);
    if (typeof read === "string") problems.push(`entry ${index + 1}, ${JSON.stringify(trimmed)}: ${read}`);
    else mirrors.set(read.registry, [...(mirrors.get(read.registry) ?? []), read.place]);
  }
  if (problems.length === 0) return mirrors;
  throw new BerthError("settings.invalid", "BERTH_MIRRORS cannot be used.", {
    path: "BERTH_MIRRORS",
    hint: `Write it as ${example}.`,
    details: problems,
  });
}

/** Where a registry's images are asked for: its mirrors, then itself. A mirror with the registry's own address only says how to reach it. */
export function placesOf(host: string, mirrors: Mirrors): Place[] {
  const registry = registryHost(host);
  const before = mirrors.get(registry) ?? [];
  const itself = registryPlace(registry);
  return before.some((mirror) => mirror.host === itself.host && mirror.folder === "")
    ? [...before]
    : [...before, itself];
}

function readEntry(entry: string): { registry: string; place: Place } | string {
  const equals = entry.indexOf("=");
  if (equals === -1) return "there is no = between the registry and its mirror";
  const registry = registryHost(entry.slice(0, equals).trim());
  if (!hostPattern.test(registry)) return `${JSON.stringify(registry)} is not the host of a registry`;
  const address = readAddress(entry.slice(equals + 1).trim());
  if (typeof address === "string") return address;
  return { registry, place: { ...address, mirrorOf: address.host === registry ? null : registry } };
}
