import type { TreeView } from "@berth/core";

/** Files in which a project says the versions of all its tools. */
export const toolVersionFiles = /^(\.tool-versions|\.?mise\.toml)$/;

/** The version that asdf's or mise's file says for a tool, under any of its names; with the file. */
export function findToolVersion(tree: TreeView, names: readonly string[]): { text: string; from: string } | null {
  const any = names.map((name) => name.replace(/[^\w-]/g, "\\$&")).join("|");
  const asdf = new RegExp(`^[ \\t]*(?:${any})[ \\t]+([^\\s#]+)`, "m").exec(tree.read(".tool-versions") ?? "")?.[1];
  if (asdf !== undefined) return { text: asdf, from: ".tool-versions" };
  for (const from of ["mise.toml", ".mise.toml"]) {
    const tools = /^[ \t]*\[tools\][ \t]*$([\s\S]*?)(?=^[ \t]*\[|(?![\s\S]))/m.exec(tree.read(from) ?? "")?.[1] ?? "";
    const text = new RegExp(`^[ \\t]*"?(?:${any})"?[ \\t]*=[ \\t]*\\[?[ \\t]*["']([^"']+)["']`, "m").exec(tools)?.[1];
    if (text !== undefined) return { text, from };
  }
  return null;
}

/** The first line of a file that is neither empty nor a comment, without a comment behind it. */
export function firstLine(text: string | undefined): string | null {
  const lines = (text ?? "").split("\n").map((line) => line.replace(/#.*/, "").trim());
  return lines.find((line) => line !== "") ?? null;
}
