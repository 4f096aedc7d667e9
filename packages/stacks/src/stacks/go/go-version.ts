import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { GoSource } from "./modules.ts";

export const defaultGo = "1.26";
/** From here on the `go` line names a toolchain that exists in images that are kept; before, it named a dialect of the language. */
const oldestMinor = 21;

export interface GoVersion {
  /** A line (`1.26`), or exactly one version (`1.26.3`). */
  version: string;
  finding: Finding;
}

/** The version that the project asks for: berth.yaml, version files, then go.work and go.mod, whose lines are minimums of a release line. */
export function findGoVersion(tree: TreeView, { work, modules }: GoSource, hint: string | null): GoVersion {
  const tool = findToolVersion(tree, ["golang", "go"]);
  const exact: [string, string | null][] = [
    ["berth.yaml version", hint],
    [".go-version", firstLine(tree.read(".go-version"))],
    [tool?.from ?? "", tool?.text ?? null],
  ];
  for (const [from, text] of exact) {
    const version = text === null ? null : readGoVersion(text);
    if (version !== null) return { version, finding: { what: `Go ${version}`, from } };
  }
  const mods = modules.flatMap(({ folder, mod }) => {
    const file = folder === "." ? "go.mod" : `${folder}/go.mod`;
    return [
      [`${file} toolchain`, mod?.toolchain ?? null],
      [`${file} go`, mod?.go ?? null],
    ] as [string, string | null][];
  });
  const asked: [string, string | null][] = [
    ["go.work toolchain", work?.toolchain ?? null],
    ["go.work go", work?.go ?? null],
    ...mods,
  ];
  const lowest = asked.flatMap(([from, text]) => {
    const version = text === null ? null : readGoVersion(text);
    return version === null ? [] : [{ from, minor: Number(version.split(".")[1]) }];
  });
  const newest = lowest.toSorted((a, b) => b.minor - a.minor)[0];
  if (newest === undefined) return { version: defaultGo, finding: { what: `Go ${defaultGo}`, from: "the default" } };
  const { minor, from } = newest;
  if (minor < oldestMinor) {
    const finding = { what: `Go ${defaultGo}, for 1.${minor} is only the least it needs`, from };
    return { version: defaultGo, finding };
  }
  return { version: `1.${minor}`, finding: { what: `Go 1.${minor}`, from } };
}

/** Reads `1.22`, `1.22.3`, `go1.22.3`, `1.23rc1`; null for nonsense. */
export function readGoVersion(text: string): string | null {
  const match = /^(?:go|v)?1\.(\d+)(\.\d+)?(?:(?:rc|beta)\d+)?$/.exec(text.trim());
  return match === null ? null : `1.${match[1]}${match[2] ?? ""}`;
}
