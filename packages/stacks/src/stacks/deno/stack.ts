import { commandFromText, ownCommand, type BuildStep, type Command, type Finding, type TreeView } from "@berth/core";
import { buildTimeoutMs, refuse, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { serveSite } from "../static/serve.ts";
import { denoCommand, taskText } from "./commands.ts";
import { readConfig, type DenoConfig } from "./config.ts";
import { findDenoVersion, readVersion } from "./deno-version.ts";
import { denoFolder, planInstall } from "./install.ts";

const readAtRoot =
  /^(deno\.jsonc?|deno\.lock|package\.json|\.deno-version|\.dvmrc|\.tool-versions|\.?mise\.toml)$|^(src\/|routes\/|lib\/)?[\w.-]+\.[mc]?[jt]sx?$/;

/** Programs for Deno. */
export const deno: Stack = {
  name: "deno",
  reads: (path) => readAtRoot.test(path),
  detect,
  plan: planDeno,
  command(text, tree) {
    const read = readConfig(tree);
    return denoCommand(text, read.ok ? read.config : { file: null, tasks: new Map(), hasNodeModules: false });
  },
};

const entries = ["main", "server", "app", "index", "mod", "src/main", "src/server", "src/app", "src/index"].flatMap(
  (name) => [".ts", ".tsx", ".js", ".mts", ".mjs"].map((end) => name + end),
);

/** By its configuration; beside a package.json only where a task starts the program with Deno, for many programs for Node have a deno.json for a tool. */
function detect(tree: TreeView): Finding | null {
  const file = ["deno.json", "deno.jsonc", "deno.lock"].find((path) => tree.has(path));
  if (file === undefined) return null;
  if (!tree.has("package.json")) return { what: "Deno", from: file };
  const read = readConfig(tree);
  const start = read.ok ? taskText(read.config, "start") : undefined;
  return start !== undefined && /^(\w+=\S+ )*deno /.test(start) ? { what: "Deno", from: file } : null;
}

function planDeno(tree: TreeView, hints: Hints): StackResult {
  const read = readConfig(tree);
  if (!read.ok) return read;
  const { config } = read;
  if (hints.version !== null && readVersion(hints.version) === null)
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Deno.`,
      "berth.yaml",
      "Write it as in `version: 2.1.4`.",
    );
  const { version, findings } = findDenoVersion(tree, hints.version);
  const entry = entries.find((path) => tree.has(path)) ?? null;
  const start = findStart(tree, config, hints, entry);
  if (start === null)
    return refuse(
      "Nothing here says how to start: there is no task called start, and no main.ts.",
      config.file,
      'Add a task, such as "start": "deno run --allow-net server.ts", or `command:` in berth.yaml.',
    );
  const installation = planInstall(tree, config, start.entry);
  const build = planBuild(config, hints);
  const isSite = hints.output !== null && hints.commandFrom === null;
  const site = isSite ? serveSite({ folder: hints.output ?? ".", fallback: null, hashedAssets: false }, "24") : null;
  return {
    ok: true,
    plan: {
      stack: "deno",
      findings: [...findings, ...installation.findings, ...build.findings, start.finding],
      tools: { deno: version },
      steps: [...installation.steps, ...build.steps],
      dockerfile: null,
      base: { image: `docker.io/denoland/deno:${version}`, digest: null },
      buildImage: { image: `docker.io/denoland/deno:${version}`, digest: null },
      contents: { dependencies: installation.folders, app: "all", support: [] },
      command: start.command,
      env: { DENO_DIR: `/app/${denoFolder}`, DENO_NO_UPDATE_CHECK: "1" },
      programs: [],
      writable: [],
      ...(site === null ? {} : { base: site.base, contents: site.contents, command: site.command, env: site.env }),
    },
  };
}

interface Start {
  command: Command;
  /** The module that it starts, where that is known. */
  entry: string | null;
  finding: Finding;
}

/** Tasks that start the program, likeliest first; one that only develops is not among them. */
const startTasks = ["start", "serve", "preview", "prod", "production"];

function findStart(tree: TreeView, config: DenoConfig, hints: Hints, entry: string | null): Start | null {
  if (hints.commandFrom !== null)
    return { command: { argv: [] }, entry, finding: { what: ownCommand, from: hints.commandFrom } };
  if (hints.output !== null) {
    const finding = { what: `static site in ${hints.output}`, from: "berth.yaml output" };
    return { command: { argv: [] }, entry, finding };
  }
  const tasks = startTasks.flatMap((name): { name: string; text: string }[] => {
    const text = taskText(config, name);
    return text === undefined ? [] : [{ name, text }];
  });
  const task = tasks.find(({ text }) => !/--watch|\bdev\.ts\b/.test(text)) ?? tasks[0];
  if (task !== undefined) {
    const named = /(?:^|\s)(\S+\.[mc]?[jt]sx?)(?=\s|$)/.exec(task.text)?.[1]?.replace(/^\.\//, "");
    const command = denoCommand(task.text, config);
    const from = `${config.file} tasks.${task.name}`;
    const own = named !== undefined && tree.has(named) ? named : entry;
    return { command, entry: own, finding: { what: `starts with ${task.text}`, from } };
  }
  if (entry === null) return null;
  const text = tree.read(entry) ?? "";
  const serves = /^export default\b/m.test(text) && /\bfetch\b/.test(text) && !/\bDeno\.serve\(/.test(text);
  const command = denoCommand(`deno ${serves ? "serve" : "run"} --allow-all ${entry}`, config);
  const what = `starts ${entry} with all permissions; a task called start may name fewer`;
  return { command, entry, finding: { what, from: entry } };
}

function planBuild(config: DenoConfig, hints: Hints): { steps: BuildStep[]; findings: Finding[] } {
  const own = hints.build;
  const command = own !== null ? own : config.tasks.has("build") ? "deno task build" : null;
  if (command === null) return { steps: [], findings: [] };
  const step: BuildStep = {
    name: "build",
    layer: "app",
    inputs: "all",
    command: commandFromText(command),
    env: { DENO_DIR: denoFolder },
    caches: [],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
  const from = own === null ? `${config.file} tasks.build` : "berth.yaml build";
  return { steps: [step], findings: [{ what: "a build", from }] };
}
