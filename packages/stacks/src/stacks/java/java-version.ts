import type { Finding, TreeView } from "@berth/core";
import { findToolVersion, firstLine } from "../../tool-versions.ts";
import type { JavaProject } from "./java-program.ts";

/** Versions that are kept for years, for which there are images of JDK and JRE; the default first chosen where nothing is said. */
const longTerm = [8, 11, 17, 21, 25];
export const defaultJava = "21";

export interface JavaVersion {
  /** The number of the line: `21`. */
  version: string;
  finding: Finding;
}

/** The version that the project asks for: berth.yaml, version files, then what its build compiles for, which is the least it needs. */
export function findJavaVersion(tree: TreeView, release: JavaProject["release"], hint: string | null): JavaVersion {
  const tool = findToolVersion(tree, ["java"]);
  const sources: [string, string | null][] = [
    ["berth.yaml version", hint],
    [".java-version", firstLine(tree.read(".java-version"))],
    [".sdkmanrc", propertyOf(tree.read(".sdkmanrc"), "java")],
    [tool?.from ?? "", tool?.text ?? null],
    ["system.properties", propertyOf(tree.read("system.properties"), "java.runtime.version")],
  ];
  for (const [from, text] of sources) {
    const version = text === null ? null : readJavaVersion(text);
    if (version !== null) return { version, finding: { what: `Java ${version}`, from } };
  }
  const least = release === null ? null : readJavaVersion(release.text);
  if (release === null || least === null) {
    return { version: defaultJava, finding: { what: `Java ${defaultJava}`, from: "the default" } };
  }
  const kept = longTerm.find((line) => line >= Number(least));
  const version = kept === undefined ? least : String(kept);
  const what =
    version === least ? `Java ${version}` : `Java ${version}, the next that is kept for years after ${least}`;
  return { version, finding: { what, from: release.from } };
}

/** Reads `17`, `17.0.9`, `1.8`, `21.0.2-tem`, `temurin-21.0.2+13.0.LTS`, `openjdk64-17.0.1`; null for nonsense. */
export function readJavaVersion(text: string): string | null {
  const match = /^(?:[a-z][a-z0-9_]*-)*(?:1\.)?(\d{1,2})(?=$|[.+_-])/i.exec(text.trim());
  return match === null || Number(match[1]) < 5 ? null : match[1]!;
}

function propertyOf(text: string | undefined, name: string): string | null {
  const pattern = new RegExp(`^[ \\t]*${name.replaceAll(".", "\\.")}[ \\t]*[=:][ \\t]*([^\\s#]+)`, "m");
  return pattern.exec(text ?? "")?.[1] ?? null;
}
