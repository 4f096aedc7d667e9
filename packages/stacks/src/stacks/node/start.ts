import { ownCommand, type Command, type Finding, type PlanProblem, type TreeView } from "@berth/core";
import type { Hints } from "../../stack.ts";
import type { Site } from "../static/serve.ts";
import { listed, nameFolders } from "../../name-folders.ts";
import { compiledEntry } from "./compiled.ts";
import { findEntry, isServerEntry } from "./entry.ts";
import type { Framework, Outcome } from "./framework.ts";
import { findFramework } from "./frameworks.ts";
import type { Manifest } from "./manifest.ts";
import { memberScript } from "./member-script.ts";
import { nodeCommand, scriptText } from "./scripts.ts";
import { siteOfScript } from "./served-by-script.ts";
import { nestedManifests } from "./workspaces.ts";
import { findStartScript, type StartScript } from "./start-script.ts";

/** What an instance starts, and what the build has to do for it. */
export interface Start {
  runs:
    | { kind: "command"; command: Command; env: Record<string, string>; writable: string[] }
    | { kind: "site"; site: Site };
  /** The framework whose own build is needed where no script says one. */
  framework: Framework | null;
  buildEnv: Record<string, string>;
  finding: Finding;
}

export type StartResult = { ok: true; start: Start } | { ok: false; problem: PlanProblem };

/** A project with what its framework, if any, makes of it. */
interface Found {
  tree: TreeView;
  manifest: Manifest;
  framework: Framework | null;
  outcome: Outcome | null;
}

/**
 * Decides how the project starts, by the first of these: what berth.yaml or a Procfile says, a start script that does
 * more than develop, the framework's outcome, a file that is a program, a page.
 */
export function findStart(tree: TreeView, manifest: Manifest, hints: Hints): StartResult {
  const framework = findFramework(tree, manifest);
  const build = hints.build ?? scriptText(manifest, "build") ?? framework?.build.join(" ") ?? "";
  const found = { tree, manifest, framework, outcome: framework?.outcome({ tree, manifest, build }) ?? null };
  const script = findStartScript(manifest, framework, found.outcome);
  const start =
    fromHints(found, hints) ??
    (script === null || script.onlyDevelops ? null : fromScript(found, script)) ??
    (isServerEntry(tree, manifest) ? null : fromFramework(found, script)) ??
    fromEntry(found) ??
    fromPage(tree);
  if (start === null) return { ok: false, problem: nothingToStart(tree, manifest, hints) };
  return "message" in start ? { ok: false, problem: start } : { ok: true, start };
}

function fromHints({ framework, outcome }: Found, { commandFrom, output }: Hints): Start | null {
  if (commandFrom !== null) {
    const finding = { what: ownCommand, from: commandFrom };
    return { ...runCommand({ argv: [] }, outcome, finding), framework: outcome?.kind === "server" ? framework : null };
  }
  if (output === null) return null;
  const fallback = outcome?.kind === "site" ? outcome.site.fallback : null;
  return serve({ folder: output, fallback, hashedAssets: framework !== null }, "berth.yaml output", framework);
}

function fromScript({ tree, manifest, framework, outcome }: Found, { text, from }: StartScript): Start {
  const member = memberScript(text, tree, manifest);
  if (member !== null)
    return runCommand(member.command, null, { what: `starts with ${text}, in ${member.folder}`, from });
  const site = siteOfScript(text);
  if (site !== null) {
    const isBuilt = outcome?.kind === "site" && outcome.site.folder === site.folder;
    return serve({ ...site, hashedAssets: isBuilt }, from, framework);
  }
  return runCommand(nodeCommand(text, manifest), outcome, { what: `starts with ${text}`, from });
}

function fromFramework({ framework, outcome }: Found, lie: StartScript | null): Start | PlanProblem | null {
  if (framework === null || outcome === null) return null;
  if (outcome.kind === "problem") return outcome.problem;
  const from = lie === null ? `package.json ${framework.packages[0]}` : `${lie.from} (${lie.text} only develops)`;
  if (outcome.kind === "site") {
    const what = `${framework.name} site in ${outcome.site.folder}`;
    return { ...serve(outcome.site, from, framework), finding: { what, from } };
  }
  return { ...runCommand({ argv: outcome.argv }, outcome, { what: `${framework.name} server`, from }), framework };
}

function fromEntry({ tree, manifest }: Found): Start | null {
  const entry = findEntry(tree, manifest);
  if (entry === null) return null;
  const compiled = compiledEntry(tree, manifest, entry.file);
  if (compiled !== null) {
    const finding = {
      what: `starts ${compiled}, which the build makes of ${entry.file}`,
      from: "tsconfig.json outDir",
    };
    return runCommand({ argv: ["node", compiled] }, null, finding);
  }
  const usesTsx = /\.[cm]?ts$/.test(entry.file) && "tsx" in manifest.dependencies;
  const argv = [usesTsx ? "node_modules/.bin/tsx" : "node", entry.file];
  return runCommand({ argv }, null, { what: `starts ${entry.file}`, from: entry.from });
}

function fromPage(tree: TreeView): Start | null {
  const folder = tree.has("index.html") ? "." : tree.has("public/index.html") ? "public" : null;
  if (folder === null) return null;
  const from = folder === "." ? "index.html" : "public/index.html";
  return serve({ folder, fallback: null, hashedAssets: false }, from, null);
}

function runCommand(command: Command, outcome: Outcome | null, finding: Finding): Start {
  const needs = outcome?.kind === "server" ? outcome : null;
  return {
    runs: { kind: "command", command, env: needs?.env ?? {}, writable: needs?.writable ?? [] },
    framework: null,
    buildEnv: needs?.buildEnv ?? {},
    finding,
  };
}

function serve(site: Site, from: string, framework: Framework | null): Start {
  const finding = { what: site.folder === "." ? "static site" : `static site in ${site.folder}`, from };
  return { runs: { kind: "site", site }, framework, buildEnv: {}, finding };
}

function nothingToStart(tree: TreeView, manifest: Manifest, { service }: Hints): PlanProblem {
  const members = [...nestedManifests(tree, manifest)].flatMap(([path, { scripts }]) =>
    scripts["start"] === undefined ? [] : [path.replace(/\/package\.json$/, "")],
  );
  if (members.length > 0) {
    return {
      message: `The root of the workspace does not say how to start, but ${listed(members)} ${members.length === 1 ? "does" : "do"}.`,
      path: "package.json",
      hint: `Name what is to be deployed in berth.yaml: ${nameFolders(members, service)}.`,
    };
  }
  const missing = manifest.main === null ? "" : ` Its main, ${manifest.main}, is not there.`;
  return {
    message: `package.json does not say how to start.${missing}`,
    path: "package.json",
    hint: 'Add a start script, such as "start": "node server.js", or `command:` in berth.yaml, or a Procfile.',
  };
}
