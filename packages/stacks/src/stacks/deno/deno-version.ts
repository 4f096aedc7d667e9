import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";

/** Exact: images of Deno have no tag for a line. */
export const defaultDeno = "2.9.6";

export interface DenoVersion {
  version: string;
  findings: Finding[];
}

/** The version that the project asks for, by the first of these that can be read: berth.yaml, version files. */
export function findDenoVersion(tree: TreeView, hint: string | null): DenoVersion {
  const tool = findToolVersion(tree, ["deno"]);
  const sources: [string, string | null | undefined][] = [
    ["berth.yaml version", hint],
    [".deno-version", firstLine(tree.read(".deno-version"))],
    [".dvmrc", firstLine(tree.read(".dvmrc"))],
    [tool?.from ?? "", tool?.text],
  ];
  const unread: Finding[] = [];
  for (const [from, text] of sources) {
    if (text === undefined || text === null || text === "") continue;
    const version = readVersion(text);
    if (version !== null) return { version, findings: [...unread, { what: `Deno ${version}`, from }] };
    unread.push({ what: `${JSON.stringify(text)} is no version of Deno and is ignored`, from });
  }
  return { version: defaultDeno, findings: [...unread, { what: `Deno ${defaultDeno}`, from: "the default" }] };
}

/** Reads `2.1.4`, `v2.1.4`, `2`, `^2.1`; a range that the default is in is answered with that, another with its lowest version. */
export function readVersion(text: string): string | null {
  const exact = semver.valid(text.trim());
  if (exact !== null) return exact;
  const range = semver.validRange(text.trim());
  if (range === null) return null;
  return semver.satisfies(defaultDeno, range) ? defaultDeno : (semver.minVersion(range)?.version ?? null);
}
