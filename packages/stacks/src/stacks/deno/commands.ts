import { commandFromText, type Command } from "@berth/core";
import type { DenoConfig } from "./config.ts";

const maxUnfolding = 5;

/** The text of a task with a reference to another (`deno task serve`) replaced by that; undefined where there is none of this name. */
export function taskText(config: DenoConfig, name: string, depth = 0): string | undefined {
  const text = config.tasks.get(name)?.trim();
  return text === undefined ? undefined : unfold(text, config, depth);
}

/**
 * A command line as it runs in the image: tasks replaced by what they say, without watching files, with nothing fetched that the build
 * has not brought, and listening where the router looks: DENO_SERVE_ADDRESS is stronger than a port in the source.
 */
export function denoCommand(text: string, config: DenoConfig): Command {
  const line = unfold(text.trim(), config, 0)
    .replace(/\s--watch(-hmr)?(=\S+)?(?=\s|$)/g, "")
    .replace(/\bdeno (run|serve)\b(?! --cached-only)/g, "deno $1 --cached-only");
  const command = commandFromText(line);
  const address = "DENO_SERVE_ADDRESS=tcp:0.0.0.0:$PORT";
  if (!("argv" in command)) return { shell: /\bdeno run\b/.test(line) ? `export ${address}; ${line}` : line };
  const [program, subcommand] = command.argv;
  if (program !== "deno") return command;
  if (subcommand === "run") return { argv: ["env", address, ...command.argv] };
  const hasPort = command.argv.some((word) => /^--port\b/.test(word));
  if (subcommand !== "serve" || hasPort) return command;
  const [, , ...rest] = command.argv;
  return { argv: ["deno", "serve", "--port", "$PORT", "--host", "0.0.0.0", ...rest] };
}

function unfold(text: string, config: DenoConfig, depth: number): string {
  const name = /^deno task ([\w:.-]+)$/.exec(text)?.[1];
  if (name === undefined || depth >= maxUnfolding) return text;
  return taskText(config, name, depth + 1) ?? text;
}
