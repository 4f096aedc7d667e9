import type { LockedVersion } from "@berth/core";
import { PackageURL } from "packageurl-js";

/** The packages of a bill of materials, or of the components of one, that have a version. The base image is none. */
export function lockedVersions(components: readonly { purl?: unknown }[]): LockedVersion[] {
  return components.flatMap(({ purl }) => {
    if (typeof purl !== "string") return [];
    const { type, namespace, name, version } = PackageURL.fromString(purl);
    if (type === "docker" || type === "oci" || name == null || version == null) return [];
    const separator = type === "maven" ? ":" : "/";
    return [{ type: type ?? "", name: namespace == null ? name : `${namespace}${separator}${name}`, version }];
  });
}
