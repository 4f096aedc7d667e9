import { posix } from "node:path";
import { parse } from "smol-toml";
import type { TreeView } from "@berth/core";
import { poetryDependencies, table, type Pyproject } from "./pyproject.ts";
import { normalName, parseRequirement, parseRequirements, type Requirements } from "./requirements.ts";

/** Where the list of requirements may be, likeliest first. */
export const requirementsFiles = [
  "requirements.txt",
  "requirements/production.txt",
  "requirements/prod.txt",
  "requirements/base.txt",
  "requirements/requirements.txt",
  "requirements-prod.txt",
];

/** What a Python project depends on, whichever file says so. */
export interface Dependencies {
  /** Named by the project itself, with their extras. */
  direct: Map<string, ReadonlySet<string>>;
  /** Everything that is installed, as far as a lockfile tells; at least the direct ones. */
  installed: ReadonlySet<string>;
}

/** Reads the names of all dependencies from requirements files, pyproject.toml, Pipfile and the lockfiles. */
export function readDependencies(tree: TreeView, pyproject: Pyproject | null): Dependencies {
  const direct = new Map<string, Set<string>>();
  const add = ({ name, extras }: { name: string; extras: readonly string[] }) => {
    const known = direct.get(name) ?? new Set();
    for (const extra of extras) known.add(extra);
    direct.set(name, known);
  };
  readRequirements(tree)?.found.forEach(add);
  for (const text of pyproject?.dependencies ?? []) {
    const requirement = parseRequirement(text);
    if (requirement !== null) add(requirement);
  }
  for (const { name, extras } of poetryDependencies(pyproject?.tool("poetry") ?? null))
    add({ name: normalName(name), extras: extras.map(normalName) });
  for (const [name, extras] of pipfilePackages(tree.read("Pipfile"))) add({ name, extras });
  for (const name of setupRequirements(tree)) add({ name, extras: [] });
  const installed = new Set([...direct.keys(), ...lockedNames(tree)]);
  // What an extra brings is only told by a lockfile; of the most common one it is known.
  if ((direct.get("fastapi")?.size ?? 0) > 0) installed.add("uvicorn").add("fastapi-cli");
  if (direct.has("python-fasthtml")) installed.add("uvicorn");
  return { direct, installed };
}

/** The requirements file in use and all that it includes; null where there is none. */
export function readRequirements(tree: TreeView): (Requirements & { file: string; files: string[] }) | null {
  const file = requirementsFiles.find((path) => tree.has(path));
  if (file === undefined) return null;
  const all: Requirements & { file: string; files: string[] } = {
    found: [],
    includes: [],
    installsSource: false,
    isEditable: false,
    file,
    files: [],
  };
  const open = [file];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (!tree.has(path) || all.files.includes(path)) continue;
    all.files.push(path);
    const text = tree.read(path) ?? "";
    const { found, includes, installsSource, isEditable } = parseRequirements(text);
    all.found.push(...found);
    all.installsSource ||= installsSource;
    all.isEditable ||= isEditable;
    for (const include of includes) open.push(posix.join(posix.dirname(path), include));
  }
  return all;
}

function pipfilePackages(text: string | undefined): [string, string[]][] {
  if (text === undefined) return [];
  try {
    return Object.entries(table(parse(text)["packages"]) ?? {}).map(([name, value]) => {
      const extras = table(value)?.["extras"];
      return [normalName(name), Array.isArray(extras) ? extras.map(String) : []];
    });
  } catch {
    // Pipenv says what is wrong with it.
    return [];
  }
}

/** Names in `install_requires` of a setup.py or setup.cfg: enough to know a framework by. */
function setupRequirements(tree: TreeView): string[] {
  const python = /install_requires\s*=\s*\[([^\]]*)\]/.exec(tree.read("setup.py") ?? "")?.[1] ?? "";
  const config = /^install_requires\s*=([^\n]*(?:\n[ \t]+[^\n]*)*)/m.exec(tree.read("setup.cfg") ?? "")?.[1] ?? "";
  const texts = [...[...python.matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? ""), ...config.split("\n")];
  return texts.flatMap((text) => parseRequirement(text)?.name ?? []);
}

/** Names of packages in the lockfiles of uv, Poetry and PDM (`name = "…"`) and of Pipenv. */
function lockedNames(tree: TreeView): string[] {
  const toml = ["uv.lock", "poetry.lock", "pdm.lock", "pylock.toml"].map((file) => tree.read(file) ?? "").join("\n");
  const names = [...toml.matchAll(/^name = "([^"]+)"$/gm)].map((match) => match[1] ?? "");
  return [...names, ...pipfileLockNames(tree.read("Pipfile.lock"))].map(normalName);
}

function pipfileLockNames(text: string | undefined): string[] {
  try {
    return Object.keys(table(table(JSON.parse(text ?? "{}"))?.["default"]) ?? {});
  } catch {
    return [];
  }
}
