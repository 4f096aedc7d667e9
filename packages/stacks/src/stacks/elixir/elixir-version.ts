import semver from "semver";
import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";

export const defaultElixir = "1.19";
/** Lines that images exist for, the newest first: what mix.exs asks for is answered with the first that fits. */
const lines = ["1.19", "1.18", "1.17", "1.16", "1.15", "1.14", "1.13", "1.12"];

export interface ElixirVersion {
  elixir: string;
  /** The line of Erlang/OTP; null for the one that Elixir's image has. */
  otp: string | null;
  finding: Finding;
}

/** The versions that the project asks for: berth.yaml, version files, then mix.exs, which says the least. */
export function findElixirVersion(tree: TreeView, requirement: string | null, hint: string | null): ElixirVersion {
  const tool = findToolVersion(tree, ["elixir"]);
  const erlang = findToolVersion(tree, ["erlang"])?.text ?? firstLine(tree.read(".erlang-version"));
  const erlangLine = erlang === null ? null : (/^(\d+)/.exec(erlang)?.[1] ?? null);
  const sources: [string, string | null][] = [
    ["berth.yaml version", hint],
    [tool?.from ?? "", tool?.text ?? null],
    [".elixir-version", firstLine(tree.read(".elixir-version"))],
  ];
  for (const [from, text] of sources) {
    const read = text === null ? null : readElixirVersion(text);
    if (read === null) continue;
    const otp = read.otp ?? erlangLine;
    const what = `Elixir ${read.elixir}${otp === null ? "" : ` on Erlang ${otp}`}`;
    return { elixir: read.elixir, otp, finding: { what, from } };
  }
  const elixir = requirement === null ? null : newestFor(requirement);
  const from = elixir === null ? "the default" : "mix.exs elixir";
  return {
    elixir: elixir ?? defaultElixir,
    otp: erlangLine,
    finding: { what: `Elixir ${elixir ?? defaultElixir}`, from },
  };
}

/** Reads `1.18`, `1.18.1`, `1.18.1-otp-27`; null for nonsense. */
export function readElixirVersion(text: string): { elixir: string; otp: string | null } | null {
  const match = /^v?(1\.\d+(?:\.\d+)?)(?:-otp-(\d+)[\d.]*)?$/.exec(text.trim());
  return match === null ? null : { elixir: match[1]!, otp: match[2] ?? null };
}

/** The newest line that a requirement such as `~> 1.15` or `~> 1.15.3 or ~> 1.17` allows. */
function newestFor(requirement: string): string | null {
  const range = requirement
    .replace(
      /~>\s*(\d+)\.(\d+)(?![.\d])/g,
      (_, major: string, minor: string) => `>=${major}.${minor}.0 <${Number(major) + 1}.0.0`,
    )
    .replace(/~>/g, "~")
    .replace(/\s+and\s+/g, " ")
    .replace(/\s+or\s+/g, " || ")
    .replace(/==/g, "=");
  const valid = semver.validRange(range);
  return valid === null ? null : (lines.find((line) => semver.intersects(valid, `${line}.x`)) ?? null);
}
