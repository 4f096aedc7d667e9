import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { Gems } from "./gems.ts";

export const defaultRuby = "3.4";

/** Lines of Ruby, preferred first: what is open is answered with the first that fits. */
const lines = ["3.4", "4.0", "3.3", "3.2", "3.1", "3.0", "2.7", "2.6"];

export interface RubyVersion {
  /** A line (`3.4`), or exactly one version (`3.3.5`). */
  version: string;
  findings: Finding[];
}

/** The version that the project asks for, by the first of these that can be read: berth.yaml, .ruby-version, the Gemfile, its lockfile. */
export function findRubyVersion(tree: TreeView, gems: Gems, hint: string | null): RubyVersion {
  const tool = findToolVersion(tree, ["ruby"]);
  const locked = tree.read(gems.lockfile ?? "") ?? "";
  const inGemfile = /^\s*ruby[ (]+((?:["'][^"'\n]+["'][,\s]*)+)/m.exec(gems.text)?.[1];
  const sources: [string, string | null | undefined][] = [
    ["berth.yaml version", hint],
    [".ruby-version", firstLine(tree.read(".ruby-version"))],
    [gems.file, inGemfile?.replace(/["']/g, "").trim()],
    [tool?.from ?? "", tool?.text],
    [gems.lockfile ?? "", /^RUBY VERSION\n\s+ruby (\d+\.\d+\.\d+)/m.exec(locked)?.[1]],
  ];
  const unread: Finding[] = [];
  for (const [from, text] of sources) {
    if (text === undefined || text === null || text === "") continue;
    const version = readVersion(text);
    if (version !== null) return { version, findings: [...unread, { what: `Ruby ${version}`, from }] };
    unread.push({ what: `${JSON.stringify(text)} is no version of Ruby and is ignored`, from });
  }
  return { version: defaultRuby, findings: [...unread, { what: `Ruby ${defaultRuby}`, from: "the default" }] };
}

/** Reads what people write: `3.3`, `ruby-3.3.5`, `3.3.5-p100`, `~> 3.2`, `>= 3.1, < 3.4`; null for nonsense and other Rubies. */
export function readVersion(text: string): string | null {
  const asked = text.trim().replace(/^ruby[- ]/, "");
  const plain = /^(\d+\.\d+(?:\.\d+)?)(?:-?p\d+)?$/.exec(asked)?.[1];
  if (plain !== undefined) return plain;
  if (/^\d+$/.test(asked)) return lines.find((line) => line.startsWith(`${asked}.`)) ?? null;
  const parts = asked.split(",").map((part) => part.trim());
  const ranges = parts.map((part) => {
    const match = /^(~>|>=|<=|>|<|=|!=)\s*(\d+(?:\.\d+){0,2})$/.exec(part);
    if (match === null) return null;
    const [, operator, number = ""] = match;
    if (operator === "!=") return "";
    // `~> 3.2` is any later 3; `~> 3.2.1` only a later 3.2.
    if (operator === "~>") return `${number.split(".").length === 3 ? "~" : "^"}${number}`;
    return `${operator}${number}`;
  });
  const range = ranges.includes(null) ? null : semver.validRange(ranges.join(" ").trim());
  if (range === null) return null;
  return lines.find((line) => semver.intersects(range, `~${line}.0`)) ?? null;
}
