import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { Composer } from "./composer.ts";

export const defaultPhp = "8.4";

/** Lines of PHP, preferred first: what is open is answered with the first that fits. */
const lines = ["8.4", "8.3", "8.5", "8.2", "8.1", "8.0", "7.4", "7.3", "7.2"];

export interface PhpVersion {
  /** A line (`8.4`), or exactly one version (`8.3.12`). */
  version: string;
  findings: Finding[];
}

/** The version that the project asks for, by the first of these that can be read: berth.yaml, version files, composer.json's platform and requirement. */
export function findPhpVersion(tree: TreeView, composer: Composer | null, hint: string | null): PhpVersion {
  const tool = findToolVersion(tree, ["php"]);
  const platform = composer?.platformPhp;
  const sources: [string, string | null | undefined][] = [
    ["berth.yaml version", hint],
    [".php-version", firstLine(tree.read(".php-version"))],
    [tool?.from ?? "", tool?.text],
    // It says what packages may count on, and is often the first version of a line.
    ["composer.json config.platform.php", platform?.replace(/^(\d+\.\d+)\..*$/, "$1")],
    ["composer.json require.php", composer?.require["php"]],
  ];
  const unread: Finding[] = [];
  for (const [from, text] of sources) {
    if (text === undefined || text === null || text === "") continue;
    const version = readVersion(text);
    if (version !== null) return { version, findings: [...unread, { what: `PHP ${version}`, from }] };
    unread.push({ what: `${JSON.stringify(text)} is no version of PHP and is ignored`, from });
  }
  return { version: defaultPhp, findings: [...unread, { what: `PHP ${defaultPhp}`, from: "the default" }] };
}

/** Reads what people write: `8.3`, `8.3.12`, `^8.2`, `~8.2.0`, `>=8.1 <8.4`, `7.4 || ^8.0`, `8.2.*`; null for nonsense. */
export function readVersion(text: string): string | null {
  const asked = text.trim().replace(/^php[- ]?/, "");
  const plain = /^v?(\d+\.\d+(?:\.\d+)?)(?:\.\*)?$/.exec(asked)?.[1];
  if (plain !== undefined) return plain;
  const alternatives = asked.split(/\|\|?/).map((part) => constraintRange(part.trim()));
  if (alternatives.includes(null)) return null;
  const range = semver.validRange(alternatives.join(" || "));
  if (range === null) return null;
  return lines.find((line) => semver.intersects(range, `~${line}.0`)) ?? null;
}

/** A constraint of Composer's as a range that semver reads; null where it is none. Source: getcomposer.org, "Versions and constraints". */
function constraintRange(text: string): string | null {
  if (text === "*" || /^\d+$/.test(text)) return text === "*" ? "*" : `^${text}`;
  if (/^[\d.]+\s+-\s+[\d.]+$/.test(text)) return text;
  const parts = text.replace(/([<>=!~^]+)\s+/g, "$1").split(/[\s,]+/);
  const ranges = parts.map((part) => {
    const match = /^(>=|<=|==?|!=|<|>|\^|~)?v?(\d+(?:\.\d+){0,2})(\.\*)?(?:@\w+)?$/.exec(part);
    if (match === null) return null;
    const [, operator = "", number = ""] = match;
    if (operator === "!=") return "";
    // `~8.2` is any later 8; `~8.2.1` only a later 8.2.
    if (operator === "~") return `${number.split(".").length === 3 ? "~" : "^"}${number}`;
    return operator === "" || operator.startsWith("=")
      ? `${number}${number.split(".").length < 3 ? ".x" : ""}`
      : `${operator}${number}`;
  });
  return ranges.includes(null) ? null : ranges.join(" ");
}
