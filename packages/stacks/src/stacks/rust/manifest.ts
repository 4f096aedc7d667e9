import { parse, TomlError } from "smol-toml";
import type { PlanProblem, TreeView } from "@berth/core";

type Table = Record<string, unknown>;

/** What a Cargo.toml says, as far as it decides about building and starting. */
export interface CargoManifest {
  /** Null for a workspace without a package of its own. */
  package: CargoPackage | null;
  /** Null where it is no workspace. */
  workspace: CargoWorkspace | null;
  /** Whether something of it is said in the workspace that it belongs to. */
  inherits: boolean;
}

export interface CargoPackage {
  name: string;
  defaultRun: string | null;
  /** The oldest Rust it is made for. */
  rustVersion: string | null;
  /** Whether programs are found by where their files lie. */
  autobins: boolean;
  bins: readonly CargoBin[];
  /** Names of crates. */
  dependencies: ReadonlySet<string>;
  /** Folders of crates, relative to the package. */
  paths: readonly string[];
  defaultFeatures: readonly string[];
  /** Tools that have settings of their own in it, such as `leptos`. */
  metadata: readonly string[];
}

export interface CargoBin {
  name: string;
  path: string | null;
  requiredFeatures: readonly string[];
}

export interface CargoWorkspace {
  members: readonly string[];
  exclude: readonly string[];
  defaultMembers: readonly string[];
  rustVersion: string | null;
}

export type CargoResult = { ok: true; manifest: CargoManifest } | { ok: false; problem: PlanProblem };

/** Reads a Cargo.toml. Source: The Cargo Book, "The Manifest Format". */
export function readCargo(tree: TreeView, path: string): CargoResult {
  const text = tree.read(path);
  if (text === undefined) return wrong(path, `${path} cannot be read.`);
  try {
    return { ok: true, manifest: makeManifest(parse(text)) };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return wrong(path, `${path} is not valid TOML, in line ${error.line}.`);
  }
}

function wrong(path: string, message: string): { ok: false; problem: PlanProblem } {
  return { ok: false, problem: { message, path, hint: "Correct it: `cargo metadata` says what is wrong." } };
}

function makeManifest(toml: Table): CargoManifest {
  const own = tableOf(toml["package"]);
  const workspace = tableOf(toml["workspace"]);
  const dependencies = dependencyTables(toml);
  return {
    package: own === null ? null : makePackage(own, toml, dependencies),
    workspace: workspace === null ? null : makeWorkspace(workspace),
    inherits:
      workspace === null && [...Object.values(own ?? {}), ...dependencies.flatMap(Object.values)].some(isInherited),
  };
}

function makePackage(own: Table, toml: Table, dependencies: readonly Table[]): CargoPackage {
  return {
    name: textOf(own["name"]) ?? "app",
    defaultRun: textOf(own["default-run"]),
    rustVersion: textOf(own["rust-version"]),
    autobins: own["autobins"] !== false,
    bins: listOf(toml["bin"]).flatMap((each) => {
      const bin = tableOf(each);
      const name = textOf(bin?.["name"]);
      if (bin === null || name === null) return [];
      return [{ name, path: textOf(bin["path"]), requiredFeatures: textsOf(bin["required-features"]) }];
    }),
    dependencies: new Set(dependencies.flatMap((table) => Object.keys(table))),
    paths: dependencies.flatMap((table) =>
      Object.values(table).flatMap((each) => textOf(tableOf(each)?.["path"]) ?? []),
    ),
    defaultFeatures: textsOf(tableOf(toml["features"])?.["default"]),
    metadata: Object.keys(tableOf(own["metadata"]) ?? {}),
  };
}

function makeWorkspace(table: Table): CargoWorkspace {
  return {
    members: textsOf(table["members"]),
    exclude: textsOf(table["exclude"]),
    defaultMembers: textsOf(table["default-members"]),
    rustVersion: textOf(tableOf(table["package"])?.["rust-version"]),
  };
}

/** Dependencies that a build needs, those for some targets only among them. */
function dependencyTables(toml: Table): Table[] {
  const targets = Object.values(tableOf(toml["target"]) ?? {}).map(tableOf);
  return [toml, ...targets].flatMap((each) =>
    ["dependencies", "build-dependencies"].map((name) => tableOf(each?.[name])).filter((table) => table !== null),
  );
}

function isInherited(value: unknown): boolean {
  return tableOf(value)?.["workspace"] === true;
}

function tableOf(value: unknown): Table | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Table) : null;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function textsOf(value: unknown): string[] {
  return listOf(value).filter((each) => typeof each === "string");
}
