import type { Finding, TreeView } from "@berth/core";
import type { DotnetProgram } from "./project.ts";

export const defaultDotnet = "10.0";

export interface DotnetVersion {
  /** The line of the runtime: `9.0`. */
  runtime: string;
  /** The tag of the SDK: a line, or exactly the one that global.json wants. */
  sdk: string;
  finding: Finding;
}

/** The version that the projects are made for, or that berth.yaml says; and the SDK that global.json pins. */
export function findDotnetVersion(
  tree: TreeView,
  programs: readonly DotnetProgram[],
  hint: string | null,
): DotnetVersion {
  const asked = programs.flatMap(({ framework, from }) => {
    const line = framework === null ? null : readFramework(framework);
    return line === null ? [] : [{ line, from: `${from} TargetFramework` }];
  });
  const newest = asked.toSorted((a, b) => Number(b.line) - Number(a.line))[0];
  const hinted = hint === null ? null : readDotnetVersion(hint);
  const { line, from } =
    hinted !== null
      ? { line: hinted, from: "berth.yaml version" }
      : (newest ?? { line: defaultDotnet, from: "the default" });
  return { runtime: line, sdk: pinnedSdk(tree.read("global.json")) ?? line, finding: { what: `.NET ${line}`, from } };
}

/** `net9.0` as `9.0`; null for what is not for every system, or is of the old .NET Framework. */
export function readFramework(framework: string): string | null {
  return /^net(?:coreapp)?(\d+\.\d+)$/.exec(framework)?.[1] ?? null;
}

export function readDotnetVersion(text: string): string | null {
  const match = /^(\d+)(?:\.(\d+))?(?:\.\d+)?$/.exec(text.trim());
  return match === null ? null : `${match[1]}.${match[2] ?? "0"}`;
}

/** The SDK of a global.json, unless it lets a newer one in. Source: .NET, "global.json overview", rollForward. */
function pinnedSdk(text: string | undefined): string | null {
  const sdk = /"sdk"\s*:\s*\{([^}]*)\}/.exec(text ?? "")?.[1] ?? "";
  const version = /"version"\s*:\s*"(\d+\.\d+\.\d+)"/.exec(sdk)?.[1] ?? null;
  const rolls = /"rollForward"\s*:\s*"(feature|minor|major|latestFeature|latestMinor|latestMajor)"/.test(sdk);
  return rolls ? null : version;
}
