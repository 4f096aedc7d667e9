import { splitApiVersion } from "./kinds.ts";
import type { Resource } from "./kinds.ts";

export type Query = Record<string, string | number | boolean | readonly string[] | undefined>;

/** `/api/v1` or `/apis/<group>/<version>`. */
export function groupPath(apiVersion: string): string {
  const { group, version } = splitApiVersion(apiVersion);
  return group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
}

/** The path of one object, or of all in a namespace or the cluster where there is no name. */
export function resourcePath(
  { group, version, plural, namespaced }: Resource,
  { namespace, name, subresource }: { namespace?: string | null; name?: string; subresource?: string },
): string {
  const parts = [groupPath(group === "" ? version : `${group}/${version}`)];
  if (namespaced && namespace != null) parts.push("namespaces", encodeURIComponent(namespace));
  parts.push(plural);
  if (name !== undefined) parts.push(encodeURIComponent(name));
  if (subresource !== undefined) parts.push(subresource);
  return parts.join("/");
}

/** A path with its query; what is undefined or false is left out, a list is repeated. */
export function withQuery(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === false) continue;
    for (const one of typeof value === "object" ? value : [value]) parameters.append(name, String(one));
  }
  const text = parameters.toString();
  return text === "" ? path : `${path}${path.includes("?") ? "&" : "?"}${text}`;
}
