import type { PlanProblem } from "@berth/core";

/** A Procfile's process types with their command lines, in order. */
export type ProcfileResult =
  | { ok: true; processes: Map<string, string>; release: string | null }
  | { ok: false; problem: PlanProblem };

/** Reads a Procfile: `<type>: <command>` per line, `#` comments. Types become names of services: lower case, with hyphens. `release` is told apart: it is no process that keeps running. */
export function parseProcfile(text: string): ProcfileResult {
  const processes = new Map<string, string>();
  let release: string | null = null;
  for (const [index, line] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^\s*([A-Za-z][\w-]*)\s*:\s*(\S.*?)\s*$/.exec(line);
    const type = match?.[1]?.toLowerCase().replaceAll("_", "-").replace(/-+$/, "") ?? "";
    if (match === null || type.length > 30) return wrong(index, "expected `web: <command>`");
    if (processes.has(type)) return wrong(index, `expected each process type once, but ${type} is there before`);
    if (type === "release") release = match[2] ?? null;
    else processes.set(type, match[2] ?? "");
  }
  if (processes.size === 0) return wrong(0, "expected at least one line such as `web: node server.js`");
  return { ok: true, processes, release };
}

function wrong(index: number, message: string): { ok: false; problem: PlanProblem } {
  return {
    ok: false,
    problem: { message: `Procfile line ${index + 1}: ${message}.`, path: "Procfile", hint: "Correct that line." },
  };
}
