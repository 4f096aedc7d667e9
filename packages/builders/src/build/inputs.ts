import type { BuildStep, TreeEntry } from "@berth/core";

/** Whether a path is one of these, or below one of them; `.` is everything. */
export function isBelowAny(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => {
    const plain = root.replace(/^\.\//, "").replace(/\/+$/, "");
    return plain === "." || plain === "" || path === plain || path.startsWith(`${plain}/`);
  });
}

/** The files that some of these steps see. */
export function inputsOf(steps: readonly BuildStep[], entries: readonly TreeEntry[]): readonly TreeEntry[] {
  if (steps.some((step) => step.inputs === "all")) return entries;
  const paths = steps.flatMap((step) => (step.inputs === "all" ? [] : step.inputs));
  return entries.filter((entry) => isBelowAny(entry.path, paths));
}
