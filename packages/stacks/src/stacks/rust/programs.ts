import { posix } from "node:path";
import type { TreeView } from "@berth/core";
import type { Program } from "../../programs.ts";
import type { CargoBin } from "./manifest.ts";
import type { CargoSource, Crate } from "./workspace.ts";

/** A program of a package. */
export interface RustProgram extends Program {
  /** The folder of its package. */
  crate: string;
  /** Whether its package is made with Rocket. */
  usesRocket: boolean;
}

/** The programs of all packages, each by the rules of Cargo. Source: The Cargo Book, "Cargo Targets", "Target auto-discovery". */
export function findPrograms(tree: TreeView, { crates, defaults }: CargoSource): RustProgram[] {
  return crates.flatMap((crate) => {
    const bins = findBins(tree, crate);
    const isDefault = defaults.length === 1 && defaults[0] === crate.folder;
    const main = crate.package.defaultRun ?? bins.find(({ path }) => path === "src/main.rs")?.name;
    return bins.map(({ name, path }) => ({
      name,
      from: path === null ? posix.join(crate.folder, "Cargo.toml") : posix.join(crate.folder, path),
      isMain: isDefault && name === main,
      crate: crate.folder,
      usesRocket: crate.package.dependencies.has("rocket"),
    }));
  });
}

function findBins(tree: TreeView, { folder, package: own }: Crate): CargoBin[] {
  const has = (path: string) => tree.has(posix.join(folder, path));
  const declared = own.bins.map((bin) => {
    const usual = [
      `src/bin/${bin.name}.rs`,
      `src/bin/${bin.name}/main.rs`,
      ...(bin.name === own.name ? ["src/main.rs"] : []),
    ];
    return { ...bin, path: posix.normalize(bin.path ?? usual.find(has) ?? "src/main.rs") };
  });
  const taken = new Set(declared.flatMap(({ name, path }) => [name, path]));
  const found = (own.autobins ? discover(tree, folder, own.name) : []).filter(
    ({ name, path }) => !taken.has(name) && !taken.has(path),
  );
  const isBuilt = ({ requiredFeatures }: CargoBin) =>
    requiredFeatures.every((feature) => own.defaultFeatures.includes(feature));
  return [...found, ...declared].filter(isBuilt);
}

function discover(tree: TreeView, folder: string, packageName: string) {
  const prefix = folder === "." ? "" : `${folder}/`;
  return tree.paths.flatMap((path) => {
    if (!path.startsWith(`${prefix}src/`)) return [];
    const inside = path.slice(prefix.length);
    if (inside === "src/main.rs") return [{ name: packageName, path: inside, requiredFeatures: [] }];
    const name = /^src\/bin\/([^/]+)(?:\.rs|\/main\.rs)$/.exec(inside)?.[1];
    return name === undefined ? [] : [{ name, path: inside, requiredFeatures: [] }];
  });
}
