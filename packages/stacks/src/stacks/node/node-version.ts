import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { Manifest } from "./manifest.ts";

export const defaultNode = "24";

/** Lines of Node that images exist for, preferred first: what is open is answered with the first that fits. */
const lines = ["24", "26", "22", "20", "18", "16", "14", "12"];
const codenames: Record<string, string> = {
  krypton: "24",
  jod: "22",
  iron: "20",
  hydrogen: "18",
  gallium: "16",
  fermium: "14",
  erbium: "12",
};

export interface NodeVersion {
  /** A line (`24`), or exactly one version (`20.11.1`). */
  version: string;
  findings: Finding[];
  /** Whether something asks for it. */
  isAsked: boolean;
}

/** The version that the project asks for, by the first of these that can be read: berth.yaml, version files, package.json. */
export function findNodeVersion(tree: TreeView, manifest: Manifest, hint: string | null): NodeVersion {
  const tool = findToolVersion(tree, ["nodejs", "node"]);
  const sources: [string, string | null | undefined][] = [
    ["berth.yaml version", hint],
    [".nvmrc", firstLine(tree.read(".nvmrc"))],
    [".node-version", firstLine(tree.read(".node-version"))],
    [tool?.from ?? "", tool?.text],
    ["package.json engines.node", manifest.engines["node"]],
    ["package.json volta.node", manifest.volta["node"]],
  ];
  const unread: Finding[] = [];
  for (const [from, text] of sources) {
    if (text === undefined || text === null || text === "") continue;
    const version = readVersion(text);
    if (version !== null) return { version, findings: [...unread, { what: `Node ${version}`, from }], isAsked: true };
    unread.push({ what: `${JSON.stringify(text)} is no version of Node and is ignored`, from });
  }
  const findings = [...unread, { what: `Node ${defaultNode}`, from: "the default" }];
  return { version: defaultNode, findings, isAsked: false };
}

/** Reads what people write into version fields: `20`, `v20.11.1`, `>=18 <23`, `20.x || 22.x`, `lts/iron`, `lts/*`, `latest`; null for nonsense. */
export function readVersion(text: string): string | null {
  const asked = text.trim().toLowerCase();
  const exact = semver.valid(asked);
  if (exact !== null) return exact;
  if (/^(lts\/\*|lts|node|stable|latest|current|\*)$/.test(asked)) return defaultNode;
  const codename = /^(?:lts[/-])([a-z]+)$/.exec(asked)?.[1];
  if (codename !== undefined) return codenames[codename] ?? null;
  const range = semver.validRange(asked);
  if (range === null) return null;
  const line = lines.find((candidate) => semver.intersects(range, `${candidate}.x`));
  return line ?? String(semver.minVersion(range)?.major ?? defaultNode);
}
