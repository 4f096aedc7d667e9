import { parse } from "smol-toml";
import type { TreeView } from "@berth/core";

type Table = Record<string, unknown>;

/** What planning needs of a pyproject.toml; what has another type than the standards say is as if it were not there. */
export interface Pyproject {
  /** `[project]` of PEP 621. */
  project: Table | null;
  /** `[tool.<name>]`. */
  tool(name: string): Table | null;
  /** Requirements of `project.dependencies`, as they are written. */
  dependencies: string[];
  /** Whether the dependencies are only known once the project is built. */
  areDynamic: boolean;
  /** Names and entry points of the programs that the project declares: `serve` → `shop.main:run`. */
  scripts: Map<string, string>;
  requiresPython: { text: string; from: string } | null;
}

export type PyprojectResult = { ok: true; pyproject: Pyproject | null } | { ok: false; message: string };

/** Reads pyproject.toml; null where there is none. */
export function readPyproject(tree: TreeView): PyprojectResult {
  const text = tree.read("pyproject.toml");
  if (text === undefined) return { ok: true, pyproject: null };
  let toml: Table;
  try {
    toml = parse(text);
  } catch (thrown) {
    const what = thrown instanceof Error ? (thrown.message.split("\n")[0] ?? "") : String(thrown);
    return { ok: false, message: what.replace(/^Invalid TOML document: /, "") };
  }
  const project = table(toml["project"]);
  const tool = (name: string) => table(table(toml["tool"])?.[name]);
  const poetry = tool("poetry");
  const poetryPython = table(poetry?.["dependencies"])?.["python"];
  return {
    ok: true,
    pyproject: {
      project,
      tool,
      dependencies: texts(project?.["dependencies"]),
      areDynamic: texts(project?.["dynamic"]).includes("dependencies"),
      scripts: new Map([...entryPoints(poetry?.["scripts"]), ...entryPoints(project?.["scripts"])]),
      requiresPython:
        asked(project?.["requires-python"], "requires-python") ??
        asked(poetryPython, "tool.poetry.dependencies.python"),
    },
  };
}

/** Names of the dependencies in one of Poetry's tables, with their extras. */
export function poetryDependencies(poetry: Table | null): { name: string; extras: string[] }[] {
  return Object.entries(table(poetry?.["dependencies"]) ?? {})
    .filter(([name]) => name !== "python")
    .map(([name, value]) => ({ name, extras: texts(table(value)?.["extras"]) }));
}

export function table(value: unknown): Table | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}

function asked(value: unknown, key: string): Pyproject["requiresPython"] {
  return typeof value === "string" ? { text: value, from: `pyproject.toml ${key}` } : null;
}

function entryPoints(value: unknown): [string, string][] {
  return Object.entries(table(value) ?? {}).filter((entry): entry is [string, string] => typeof entry[1] === "string");
}
