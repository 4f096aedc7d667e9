import { posix } from "node:path";
import type { TreeView } from "@berth/core";
import type { Program } from "../../programs.ts";
import type { GoModule } from "./modules.ts";

/** A package main. */
export interface GoProgram extends Program {
  /** What `go build` is told: a folder (`.`, `./cmd/server`), or files where there is no go.mod. */
  packages: readonly string[];
}

/** Folders that Go itself, or everybody, leaves out. */
const leftOut = /(^|\/)(vendor|testdata|node_modules|_[^/]*|\.[^/]+)\//;
/** Folders whose programs nobody deploys, unless they are below `cmd`. */
const asides = /(^|\/)(third_party|examples?|hack|scripts|tools)\//;
const mostDepth = 4;

/** Go files that tell where the programs are: of the root, below `cmd`, and every main.go. */
export function isOfInterest(path: string): boolean {
  if (!path.endsWith(".go") || path.endsWith("_test.go") || leftOut.test(path)) return false;
  return (
    /^([^/]+\.go|(.*\/)?cmd\/([^/]+\/)?[^/]+\.go)$/.test(path) || (/(^|\/)main\.go$/.test(path) && !asides.test(path))
  );
}

/** The programs of a source's modules: of each the one in its root and those below `cmd`; where there are none, every main.go. */
export function findPrograms(tree: TreeView, modules: readonly GoModule[]): GoProgram[] {
  const mains = tree.paths.filter((path) => isOfInterest(path) && isMain(tree.read(path)));
  const folders = [...new Set(mains.map((path) => posix.dirname(path)))];
  const found = modules.flatMap((module) => programsOf(tree, module, folders, mains));
  const names = new Map<string, number>();
  for (const { name } of found) names.set(name, (names.get(name) ?? 0) + 1);
  // Two of one name are told apart by their folders.
  return found.map((program) => {
    const isUnique = names.get(program.name) === 1;
    return isUnique
      ? program
      : {
          ...program,
          name: program.from
            .replace(/\/?cmd\//, "/")
            .replace(/^\//, "")
            .replaceAll("/", "-"),
        };
  });
}

function programsOf(
  tree: TreeView,
  { folder, mod }: GoModule,
  folders: readonly string[],
  mains: readonly string[],
): GoProgram[] {
  const own = mod === null ? "app" : moduleName(mod.module);
  if (mod === null) {
    const files = mains.filter((path) => posix.dirname(path) === folder);
    return files.length === 0 ? [] : [{ name: own, from: files[0]!, isMain: true, packages: files }];
  }
  const inside = folders.filter(
    (path) => (folder === "." || path === folder || path.startsWith(`${folder}/`)) && moduleOf(tree, path) === folder,
  );
  const relative = (path: string) => posix.relative(folder, path);
  const inCmd = inside.filter((path) => path !== folder && /^cmd(\/[^/]+)?$/.test(relative(path)));
  const usual = [...inside.filter((path) => path === folder), ...inCmd];
  const chosen = usual.length > 0 ? usual : inside.filter((path) => relative(path).split("/").length <= mostDepth);
  return chosen.map((path) => ({
    name: path === folder || /^(cmd|src)$/.test(relative(path)) ? own : posix.basename(path),
    from: path === folder ? (mains.find((file) => posix.dirname(file) === path) ?? path) : path,
    isMain: path === ".",
    packages: [path === "." ? "." : `./${path}`],
  }));
}

/** The folder of the module that a folder belongs to: the nearest go.mod above. */
function moduleOf(tree: TreeView, folder: string): string {
  if (folder === "." || tree.has(`${folder}/go.mod`)) return folder;
  return moduleOf(tree, posix.dirname(folder));
}

/** As Go names the program of a module's root: the last part of its path, without a major version. */
export function moduleName(module: string): string {
  const parts = module.split("/").filter((part) => part !== "");
  const last = parts.at(-1) ?? "app";
  const name = /^v\d+$/.test(last) && parts.length > 1 ? parts.at(-2)! : last.replace(/\.v\d+$/, "");
  return /^[\w.-]+$/.test(name) ? name : "app";
}

/** Whether a file belongs to a package main and is not left out of every build. */
function isMain(text: string | undefined): boolean {
  if (text === undefined) return false;
  const head = text.replace(/\/\*[\s\S]*?\*\//g, "").split(/^\s*import\b/m, 1)[0]!;
  const isIgnored = /^\s*\/\/\s*(go:build|\+build)\s+(ignore|tools|generate)\b/m.test(head);
  return !isIgnored && /^\s*package\s+main\s*(\/\/.*|;.*)?$/m.test(head.replace(/^\s*\/\/.*$/gm, ""));
}
