import { parseImageName } from "@berth/core";
import { PackageURL } from "packageurl-js";
import type { LockedPackage } from "./locked-package.ts";

/** Source: the package URL specification, and its definitions of types. What npm calls a scope, Maven a group and Go a path is a namespace there. */
export function packageUrl({ type, name, version, qualifiers }: LockedPackage): string | null {
  if (type === "generic") return null;
  const separator = type === "maven" ? ":" : "/";
  const cut = name.lastIndexOf(separator);
  const namespace = cut === -1 ? undefined : name.slice(0, cut);
  const given = Object.keys(qualifiers).length === 0 ? undefined : { ...qualifiers };
  return new PackageURL(type, namespace, name.slice(cut + 1), version ?? undefined, given, undefined).toString();
}

/** The package URL of an image: Docker Hub's have a type of their own. */
export function imageUrl(image: string, digest: string | null): string {
  const { registry, repository, tag } = parseImageName(image);
  const slash = repository.lastIndexOf("/");
  const name = repository.slice(slash + 1);
  const isHub = registry === "docker.io";
  const namespace = isHub && slash !== -1 ? repository.slice(0, slash) : undefined;
  const qualifiers = { ...(!isHub && { repository_url: `${registry}/${repository}` }), tag };
  return new PackageURL(
    isHub ? "docker" : "oci",
    namespace,
    name,
    digest ?? undefined,
    qualifiers,
    undefined,
  ).toString();
}
