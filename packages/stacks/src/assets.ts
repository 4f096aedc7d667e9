import type { Finding, TreeView } from "@berth/core";

/** A word on assets that npm scripts would build beside a program in another language: Berth does not run them unasked. */
export function assetBuilds(tree: TreeView): Finding[] {
  const manifest = tree.paths.find((path) => /^([^/]+\/)?package\.json$/.test(path) && hasBuildScript(tree.read(path)));
  if (manifest === undefined) return [];
  return [
    {
      what: "its build script is not run: commit what it makes, or build all in `build:` or a Dockerfile",
      from: manifest,
    },
  ];
}

function hasBuildScript(text: string | undefined): boolean {
  try {
    const manifest: unknown = JSON.parse(text ?? "null");
    if (typeof manifest !== "object" || manifest === null || !("scripts" in manifest)) return false;
    const { scripts } = manifest;
    return typeof scripts === "object" && scripts !== null && "build" in scripts;
  } catch {
    return false;
  }
}
