import type { Command, Finding, PlanProblem, TreeView } from "@berth/core";
import type { Hints } from "../../stack.ts";
import type { Site } from "../static/serve.ts";
import { findEntry, serverLibraries } from "./entry.ts";
import type { Framework, Outcome } from "./framework.ts";
import { frameworks } from "./frameworks.ts";
import type { Manifest } from "./manifest.ts";
import { nodeCommand, scriptText } from "./scripts.ts";
import { siteOfScript } from "./served-by-script.ts";

/** What an instance starts, and what the build has to do for it. */
export interface Start {
  runs:
    | { kind: "command"; command: Command; env: Record<string, string>; writable: string[] }
    | { kind: "site"; site: Site };
  /** The framework whose build is needed though no script says so. */
  framework: Framework | null;
  buildEnv: Record<string, string>;
  finding: Finding;
}

export type StartResult = { ok: true; start: Start } | { ok: false; problem: PlanProblem };

/** Decides how the project starts: what berth.yaml says, the start script unless it only develops, the framework's outcome, a file that is a program, a page. */
export function findStart(tree: TreeView, manifest: Manifest, hints: Hints): StartResult {
  const framework = frameworks.find(({ packages }) => packages.some((name) => name in manifest.dependencies)) ?? null;
  const build = hints.build ?? scriptText(manifest, "build") ?? framework?.build.join(" ") ?? "";
  const outcome = framework?.outcome({ tree, manifest, build }) ?? null;
  if (hints.hasCommand) {
    const own = outcome?.kind === "server" ? outcome : null;
    const runs: Start["runs"] = { kind: "command", command: { argv: [] }, env: {}, writable: own?.writable ?? [] };
    return started(runs, { what: "a command of its own", from: "berth.yaml or Procfile" }, framework, own?.buildEnv);
  }
  if (hints.output !== null) {
    const fallback = outcome?.kind === "site" ? outcome.site.fallback : null;
    const site = { folder: hints.output, fallback, hashedAssets: framework !== null };
    return started(
      { kind: "site", site },
      { what: `static site in ${site.folder}`, from: "berth.yaml output" },
      framework,
    );
  }
  const script = startScript(manifest, framework, outcome);
  if (script?.kind === "runs") {
    const site = siteOfScript(script.text);
    if (site !== null) {
      const known = outcome?.kind === "site" && outcome.site.folder === site.folder;
      return started(
        { kind: "site", site: { ...site, hashedAssets: known } },
        { what: `static site in ${site.folder}`, from: script.from },
        framework,
      );
    }
    const extra = outcome?.kind === "server" ? outcome : null;
    const command = nodeCommand(script.text, manifest);
    const runs = { kind: "command" as const, command, env: extra?.env ?? {}, writable: extra?.writable ?? [] };
    return started(runs, { what: `starts with ${script.text}`, from: script.from }, null, extra?.buildEnv);
  }
  const entry = findEntry(tree, manifest);
  const isServer =
    entry !== null && serverLibraries.some((name) => name in manifest.dependencies) && framework?.name === "Vite";
  if (framework !== null && outcome !== null && !isServer)
    return fromFramework(framework, outcome, script?.text ?? null);
  if (entry !== null)
    return started(runFile(entry.file, manifest), { what: `starts ${entry.file}`, from: entry.from }, null);
  const page = ["index.html", "public/index.html"].find((path) => tree.has(path));
  if (page !== undefined) {
    const folder = page === "index.html" ? "." : "public";
    return started(
      { kind: "site", site: { folder, fallback: null, hashedAssets: false } },
      { what: "static site", from: page },
      null,
    );
  }
  return { ok: false, problem: nothingToStart(manifest) };
}

type Script = { kind: "runs" | "develops"; text: string; from: string };

/** The start script, or the one for production beside one that only develops. */
function startScript(manifest: Manifest, framework: Framework | null, outcome: Outcome | null): Script | null {
  let develops: Script | null = null;
  for (const name of ["start", "start:prod", "start:production", "serve:prod"]) {
    const text = scriptText(manifest, name);
    if (text === undefined) continue;
    if (!onlyDevelops(text, framework, outcome)) return { kind: "runs", text, from: `package.json scripts.${name}` };
    develops ??= { kind: "develops", text, from: `package.json scripts.${name}` };
  }
  // Without another way to start, a watcher that starts the program is better than nothing.
  return develops !== null && framework === null ? { ...develops, kind: "runs" } : develops;
}

function onlyDevelops(text: string, framework: Framework | null, outcome: Outcome | null): boolean {
  const last = (text.split(/&&|;/).at(-1) ?? text).trim().replace(/^(?:npx |cross-env |[A-Za-z_]\w*=\S* )+/, "");
  if (/^(nest start|nodemon|ts-node-dev|tsx watch|node --watch)\b/.test(last)) return true;
  if (framework === null) return false;
  // `next start` and `react-router-serve` have nothing to serve where the build leaves files only.
  return (
    framework.lies.test(last) ||
    (outcome?.kind === "site" && /^(next start|react-router-serve|remix-serve)\b/.test(last))
  );
}

function fromFramework(framework: Framework, outcome: Outcome, lie: string | null): StartResult {
  if (outcome.kind === "problem") return { ok: false, problem: outcome.problem };
  const from =
    lie === null ? `package.json ${framework.packages[0]}` : `package.json scripts.start (${lie} only develops)`;
  if (outcome.kind === "site") {
    return started(
      { kind: "site", site: outcome.site },
      { what: `${framework.name} site in ${outcome.site.folder}`, from },
      framework,
    );
  }
  const runs = {
    kind: "command" as const,
    command: { argv: outcome.argv },
    env: outcome.env ?? {},
    writable: outcome.writable ?? [],
  };
  return started(runs, { what: `${framework.name} server`, from }, framework, outcome.buildEnv);
}

function started(
  runs: Start["runs"],
  finding: Finding,
  framework: Framework | null,
  buildEnv: Record<string, string> = {},
): StartResult {
  return { ok: true, start: { runs, finding, framework, buildEnv } };
}

function runFile(file: string, manifest: Manifest): Start["runs"] {
  const isTypeScript = /\.[cm]?ts$/.test(file);
  const program = isTypeScript && "tsx" in manifest.dependencies ? "node_modules/.bin/tsx" : "node";
  return { kind: "command", command: { argv: [program, file] }, env: {}, writable: [] };
}

function nothingToStart(manifest: Manifest): PlanProblem {
  const missing = manifest.main === null ? "" : ` Its main, ${manifest.main}, is not there.`;
  return {
    message: `package.json does not say how to start.${missing}`,
    path: "package.json",
    hint: 'Add a start script, such as "start": "node server.js", or `command:` in berth.yaml, or a Procfile.',
  };
}
