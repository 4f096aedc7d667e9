import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** One folder of apps/ or packages/ as its package.json describes it. `folder` is relative to the root, `files` too. */
export type Member = {
  name: string;
  kind: "app" | "package";
  folder: string;
  exports: Record<string, string>;
  dependencies: Set<string>;
  devDependencies: Set<string>;
  manifest: string;
  files: string[];
};

/** The members of the workspace with every source file of each. */
export function readWorkspace(root: string): Member[] {
  return (["app", "package"] as const).flatMap((kind) => {
    const parent = `${kind}s`;
    if (!existsSync(join(root, parent))) return [];
    return readdirSync(join(root, parent))
      .map((name) => `${parent}/${name}`)
      .filter((folder) => existsSync(join(root, folder, "package.json")))
      .toSorted()
      .map((folder) => readMember(root, kind, folder));
  });
}

function readMember(root: string, kind: Member["kind"], folder: string): Member {
  const manifest = readFileSync(join(root, folder, "package.json"), "utf8");
  const json: {
    name?: string;
    exports?: Record<string, string>;
    dependencies?: Record<string, string>;
    devDependencies?: Record<string, string>;
  } = JSON.parse(manifest);
  return {
    name: json.name ?? "",
    kind,
    folder,
    exports: json.exports ?? {},
    dependencies: new Set(Object.keys(json.dependencies ?? {})),
    devDependencies: new Set(Object.keys(json.devDependencies ?? {})),
    manifest,
    files: sourceFiles(join(root, folder)).map((file) => relative(root, file)),
  };
}

/** Fixtures are data: they may hold whole foreign projects. */
const skipped = new Set(["node_modules", "fixtures", "dist"]);

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourceFiles(path);
    return /\.[cm]?[jt]sx?$/.test(entry.name) ? [path] : [];
  });
}
