import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { Pyproject } from "./pyproject.ts";

export const defaultPython = "3.13";

/** Lines of Python, preferred first: what is open is answered with the first that fits. The newest comes later: not all packages have wheels for it at once. */
const lines = ["3.13", "3.14", "3.12", "3.11", "3.10", "3.9", "3.8", "3.15", "3.7", "3.6"];

export interface PythonVersion {
  /** A line (`3.13`), or exactly one version (`3.12.4`). */
  version: string;
  findings: Finding[];
}

/** The version that the project asks for, by the first of these that can be read: berth.yaml, version files, Pipfile, pyproject.toml. */
export function findPythonVersion(tree: TreeView, pyproject: Pyproject | null, hint: string | null): PythonVersion {
  const pipfile = tree.read("Pipfile") ?? "";
  const tool = findToolVersion(tree, ["python"]);
  const sources: [string, string | null | undefined][] = [
    ["berth.yaml version", hint],
    [".python-version", firstLine(tree.read(".python-version"))],
    ["runtime.txt", firstLine(tree.read("runtime.txt"))],
    [tool?.from ?? "", tool?.text],
    ["Pipfile python_full_version", /^\s*python_full_version\s*=\s*["']([^"']+)/m.exec(pipfile)?.[1]],
    ["Pipfile python_version", /^\s*python_version\s*=\s*["']([^"']+)/m.exec(pipfile)?.[1]],
    [pyproject?.requiresPython?.from ?? "", pyproject?.requiresPython?.text],
  ];
  const unread: Finding[] = [];
  for (const [from, text] of sources) {
    if (text === undefined || text === null || text === "") continue;
    const version = readVersion(text);
    if (version !== null) return { version, findings: [...unread, { what: `Python ${version}`, from }] };
    unread.push({ what: `${JSON.stringify(text)} is no version of Python and is ignored`, from });
  }
  return {
    version: defaultPython,
    findings: [...unread, { what: `Python ${defaultPython}`, from: "the default" }],
  };
}

/** Reads what people write: `3.12`, `3.12.4`, `python-3.11.9`, `>=3.10,<3.13`, `~=3.11`, `^3.11`, `3.12.*`; null for nonsense. */
export function readVersion(text: string): string | null {
  const asked = text
    .trim()
    .toLowerCase()
    .replace(/^(c?python)[-@ ]?(?=\d)/, "");
  const plain = /^(3\.\d{1,2}(?:\.\d{1,2})?)(?:\.\*)?$/.exec(asked)?.[1];
  if (plain !== undefined) return plain;
  if (/^3(\.\*)?$/.test(asked)) return defaultPython;
  const range = specifierRange(asked);
  if (range === null) return null;
  const line = lines.find((candidate) => semver.intersects(range, `~${candidate}.0`));
  return line ?? null;
}

/** Whether a line or version is at least this line of Python 3. */
export function isAtLeast(version: string, minor: number): boolean {
  return Number(version.split(".")[1]) >= minor;
}

/** Version specifiers of PEP 440, and Poetry's caret, as a range that semver reads; null where there is none. */
function specifierRange(text: string): string | null {
  const parts = text.split(/[,\s]+(?=[<>=!~^])|,/).map((part) => part.trim());
  const ranges = parts.map((part) => {
    const match = /^(>=|<=|==|!=|~=|<|>|\^|~)?\s*(\d+(?:\.\d+){0,2})(\.\*)?$/.exec(part);
    if (match === null) return null;
    const [, operator = "==", number = ""] = match;
    if (operator === "!=") return "";
    if (operator === "==") return number.split(".").length === 3 ? number : `${number}.x`;
    // Compatible with 3.11 is any later 3; with 3.11.2 only a later 3.11.
    if (operator === "~=") return number.split(".").length === 2 ? `^${number}` : `~${number}`;
    return `${operator}${number}`;
  });
  if (ranges.includes(null)) return null;
  return semver.validRange(ranges.join(" ").trim());
}
