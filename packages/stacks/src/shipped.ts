import type { Finding, TreeView } from "@berth/core";
import { list } from "./programs.ts";

/** Files that no app reads while it runs, whatever it is written in. */
const forOthers =
  /^(\.git(hub|lab|ignore|attributes|modules)?|\.(vscode|idea|devcontainer|circleci|husky)|\.(docker|editor)[\w.]*|\.gitlab-ci\.yml|berth\.yaml|Procfile|Dockerfile[\w.-]*|(docker-)?compose[\w.-]*\.ya?ml|Makefile|Taskfile\.ya?ml|Justfile|justfile|(README|CHANGELOG|CONTRIBUTING|CODE_OF_CONDUCT|SECURITY|CODEOWNERS|LICEN[CS]E)[\w.-]*|renovate\.json|\.pre-commit-config\.yaml|\.tool-versions|\.?mise\.toml)(\/|$)/;
/** More entries than this are not worth a list. */
const mostPaths = 100;

/**
 * What of a source goes into an image beside the program that was compiled of it: the entries of its root that hold anything a program
 * may read while it runs (templates, static files, migrations). `isSource` says of a path that only the compiler reads it.
 */
export function shippedPaths(tree: TreeView, isSource: (path: string) => boolean): "all" | string[] {
  const shipped = new Set<string>();
  for (const path of tree.paths) {
    const entry = path.split("/", 1)[0]!;
    if (!shipped.has(entry) && !forOthers.test(path) && !isSource(path)) shipped.add(entry);
  }
  return shipped.size > mostPaths ? "all" : [...shipped].toSorted();
}

/** Adds what the build makes. */
export function withMade(shipped: "all" | readonly string[], made: readonly string[]): "all" | string[] {
  return shipped === "all" ? "all" : [...new Set([...made, ...shipped])];
}

/** What is told about them, for a language by its name. */
export function shippedFinding(shipped: "all" | readonly string[], language: string): Finding {
  if (shipped === "all") return { what: "ships the source with the programs", from: "its many files" };
  if (shipped.length === 0) return { what: "ships the programs alone", from: `no files but ${language}'s` };
  return { what: `ships ${list(shipped)} too`, from: `files that are not ${language}'s` };
}
