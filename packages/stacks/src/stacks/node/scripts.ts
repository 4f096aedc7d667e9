import { commandFromText, type Command } from "@berth/core";
import type { Manifest } from "./manifest.ts";

/** Programs that the image has; anything else is looked for among the project's own. */
const systemPrograms = new Set([
  "node",
  "npm",
  "npx",
  "pnpm",
  "yarn",
  "bun",
  "bunx",
  "deno",
  "sh",
  "bash",
  "env",
  "exec",
  "echo",
  "sleep",
  "test",
]);
/** Packages whose program has another name. */
const binaries: Record<string, string> = {
  "react-router": "@react-router/dev",
  "react-router-serve": "@react-router/serve",
  "remix-serve": "@remix-run/serve",
  nest: "@nestjs/cli",
  ng: "@angular/cli",
  tsc: "typescript",
  "vue-cli-service": "@vue/cli-service",
  docusaurus: "@docusaurus/core",
  eleventy: "@11ty/eleventy",
};
const maxUnfolding = 5;

/**
 * The text of a script with references to other scripts (`npm run serve`) replaced by those, so that no package
 * manager stands between Berth and the program; undefined where there is no such script.
 */
export function scriptText(manifest: Manifest, name: string, depth = 0): string | undefined {
  const text = manifest.scripts[name]?.trim();
  if (text === undefined || text === "") return undefined;
  const own = depth < maxUnfolding ? unfold(text, manifest, depth) : text;
  const before = manifest.scripts[`pre${name}`]?.trim();
  // A build belongs to the build: it need not run again at each start.
  if (before === undefined || before === "" || isBuild(before, manifest)) return own;
  return `${unfold(before, manifest, depth)} && ${own}`;
}

function unfold(text: string, manifest: Manifest, depth: number): string {
  const reference = /^(?:npm|pnpm|yarn|bun)(?: (?:run|run-script))? ([\w:.-]+)$/.exec(text)?.[1];
  return (reference === undefined ? undefined : scriptText(manifest, reference, depth + 1)) ?? text;
}

function isBuild(text: string, manifest: Manifest): boolean {
  return /^(npm|pnpm|yarn|bun)( run)? build$/.test(text) || text === manifest.scripts["build"]?.trim();
}

/** A command line as it runs where `npm run` would: references to scripts are replaced, and programs of dependencies found; PATH has the plan's `programs`. */
export function nodeCommand(text: string, manifest: Manifest): Command {
  const line = unfold(text.trim(), manifest, 0).replace(/^(?:cross-env )?NODE_ENV=production (?=[\w./-]+(?: |$))/, "");
  const [, assignments = "", rest = line] = /^((?:[A-Za-z_]\w*=[\w./:@-]*\s+)*)(.*)$/s.exec(line) ?? [];
  const command = commandFromText(rest);
  if (!("argv" in command)) return { shell: execLast(line) };
  const argv = localProgram(command.argv, manifest);
  return { argv: assignments === "" ? argv : ["env", ...assignments.trim().split(/\s+/), ...argv] };
}

/** The same argv with the program of a dependency by its path; any other is searched in PATH. */
function localProgram(argv: string[], manifest: Manifest): string[] {
  const [program = "", ...rest] = argv;
  if (program === "npx" && rest[0] !== undefined && owner(rest[0]) in manifest.dependencies)
    return localProgram(rest, manifest);
  if (program.includes("/") || systemPrograms.has(program)) return argv;
  return owner(program) in manifest.dependencies ? [`node_modules/.bin/${program}`, ...rest] : argv;
}

function owner(program: string): string {
  return binaries[program] ?? program;
}

/** Lets the last of `a && b` take the shell's place, so that signals reach it. */
function execLast(text: string): string {
  const cut = text.lastIndexOf("&&");
  const last = text.slice(cut === -1 ? 0 : cut + 2).trim();
  const before = cut === -1 ? "" : text.slice(0, cut + 2);
  const assigns = /^([A-Za-z_]\w*=\S*\s+)+/.test(last);
  const program = last.replace(/^([A-Za-z_]\w*=\S*\s+)+/, "");
  if (/^exec\b/.test(last) || before.includes("||") || !("argv" in commandFromText(program))) return text;
  return `${before}${before === "" ? "" : " "}exec ${assigns ? "env " : ""}${last}`;
}
