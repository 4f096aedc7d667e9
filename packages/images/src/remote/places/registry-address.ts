import { BerthError } from "@berth/core";
import { readAddress } from "./address.ts";
import type { Place } from "./place.ts";

/** A registry that images are pushed to, and the folder in it that they go into. */
export type RegistryAddress = Place;

/** What Docker takes for a name at Docker Hub rather than for a host: the first part has neither dot nor port. */
const bareName = /^(?!localhost(\/|$))[^/.:]+(\/|$)/i;

/** Reads BERTH_REGISTRY: `registry.example/team`, `http://registry.lan:5000`, `localhost:5055`. Throws `settings.invalid`. */
export function parseRegistry(text: string): RegistryAddress {
  const address = bareName.test(text.trim())
    ? "it is a name without the host of its registry: docker.io/acme is acme at Docker Hub"
    : readAddress(text.trim());
  if (typeof address !== "string") return address;
  throw new BerthError("settings.invalid", "BERTH_REGISTRY cannot be used.", {
    path: "BERTH_REGISTRY",
    hint: "Write the registry and a folder in it, such as registry.example/team.",
    details: [`${JSON.stringify(text)}: ${address}`],
  });
}

/** How the rest of the world names what is in a repository of this registry. */
export function imageNameAt(registry: RegistryAddress, repository: string): string {
  return `${registry.host}/${registry.folder}${repository}`;
}
