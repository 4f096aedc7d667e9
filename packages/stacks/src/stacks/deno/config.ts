import { parse, printParseErrorCode, type ParseError } from "jsonc-parser";
import type { PlanProblem, TreeView } from "@berth/core";

/** What planning needs of deno.json. */
export interface DenoConfig {
  /** `deno.json` or `deno.jsonc`; null where there is none. */
  file: string | null;
  tasks: Map<string, string>;
  /** Whether packages also lie in node_modules. */
  hasNodeModules: boolean;
}

export type DenoConfigResult = { ok: true; config: DenoConfig } | { ok: false; problem: PlanProblem };

/** Reads deno.json or deno.jsonc, which both may have comments. */
export function readConfig(tree: TreeView): DenoConfigResult {
  const file = ["deno.json", "deno.jsonc"].find((path) => tree.has(path)) ?? null;
  const nodeModules = tree.has("package.json");
  if (file === null) return { ok: true, config: { file, tasks: new Map(), hasNodeModules: nodeModules } };
  const errors: ParseError[] = [];
  const text = tree.read(file) ?? "";
  const json: unknown = parse(text, errors, { allowTrailingComma: true, allowEmptyContent: true });
  const [error] = errors;
  if (error !== undefined) {
    const line = text.slice(0, error.offset).split("\n").length;
    const message = `${file} is not valid JSON: ${printParseErrorCode(error.error)} in line ${line}.`;
    return { ok: false, problem: { message, path: file, hint: "Correct it and push again." } };
  }
  const mode = member(json, "nodeModulesDir");
  return {
    ok: true,
    config: {
      file,
      tasks: readTasks(json),
      hasNodeModules: nodeModules || mode === "auto" || mode === "manual" || mode === true,
    },
  };
}

/** A task is a text, or an object with the text as its command. */
function readTasks(json: unknown): Map<string, string> {
  const tasks = member(json, "tasks");
  const entries = typeof tasks === "object" && tasks !== null ? Object.entries(tasks) : [];
  return new Map(
    entries.flatMap(([name, task]): [string, string][] => {
      const text: unknown = typeof task === "string" ? task : member(task, "command");
      return typeof text === "string" ? [[name, text]] : [];
    }),
  );
}

function member(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
