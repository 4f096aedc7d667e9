import { commandFromText, ownCommand, type BuildStep, type Finding, type TreeView } from "@berth/core";
import { programCommand } from "../../program-command.ts";
import {
  buildTimeoutMs,
  installTimeoutMs,
  refuse,
  refuseOutput,
  type Hints,
  type Stack,
  type StackResult,
} from "../../stack.ts";
import { toolVersionFiles } from "../../tool-versions.ts";
import { findElixirVersion, readElixirVersion } from "./elixir-version.ts";
import { readMixFile, type MixFile } from "./mix-file.ts";

const env = { MIX_ENV: "prod" };
const tools = "mix local.hex --force --if-missing && mix local.rebar --force --if-missing";

/** Releases of Mix, with Phoenix's assets where there are any. */
export const elixir: Stack = {
  name: "elixir",
  reads: (path) => /^(mix\.exs|\.elixir-version|\.erlang-version)$/.test(path) || toolVersionFiles.test(path),
  detect: (tree) => (tree.has("mix.exs") ? { what: "Elixir", from: "mix.exs" } : null),
  plan: planElixir,
  command(text, tree) {
    const name = releaseOf(readMixFile(tree.read("mix.exs") ?? ""));
    return programCommand(text, name === null ? [] : [name], tree, ([mix, task, ...rest]) => {
      const serves = mix === "mix" && (task === "phx.server" || (task === "run" && rest.includes("--no-halt")));
      return serves && name !== null ? [name, "start"] : null;
    });
  },
};

function releaseOf({ app, release }: MixFile): string | null {
  return release ?? app;
}

function planElixir(tree: TreeView, hints: Hints): StackResult {
  const text = tree.read("mix.exs");
  if (text === undefined)
    return refuse("There is no mix.exs.", "mix.exs", "Correct `stack:` or `source:` in berth.yaml.");
  const mix = readMixFile(text);
  const problem = findProblem(mix, hints);
  if (problem !== null) return problem;
  const name = releaseOf(mix) ?? "app";
  const release = `_build/prod/rel/${name}`;
  const version = findElixirVersion(tree, mix.elixir, hints.version);
  const tag = `${version.elixir}${version.otp === null ? "" : `-otp-${version.otp}`}`;
  const isPhoenix = mix.dependencies.has("phoenix") || tree.has("assets/js/app.js");
  return {
    ok: true,
    plan: {
      stack: "elixir",
      findings: [
        version.finding,
        ...(isPhoenix ? [{ what: "Phoenix", from: "mix.exs deps" }] : []),
        ...sourceFindings(tree, mix),
        ...(hints.build === null ? [] : [{ what: "a build of its own", from: "berth.yaml build" }]),
        hints.commandFrom === null
          ? { what: `starts the release ${name}`, from: mix.release === null ? "mix.exs app" : "mix.exs releases" }
          : { what: ownCommand, from: hints.commandFrom },
      ],
      // A release carries the Erlang of its build, which needs the libraries that it was built with.
      base: { image: `docker.io/library/elixir:${tag}-slim`, digest: null },
      buildImage: { image: `docker.io/library/elixir:${tag}`, digest: null },
      dockerfile: null,
      tools: { elixir: version.elixir, ...(version.otp === null ? {} : { erlang: version.otp }) },
      steps: [
        ...(mix.dependencies.size === 0 && !mix.isUmbrella ? [] : [installStep(tree, mix)]),
        step("build", hints.build ?? buildText(mix)),
      ],
      contents: { dependencies: [], app: [release], support: [] },
      command: { argv: [name, "start"] },
      env: {
        LANG: "C.UTF-8",
        // Instances are no cluster, and on one machine would claim the same name.
        RELEASE_DISTRIBUTION: "none",
        RELEASE_TMP: "/tmp",
        ...(isPhoenix ? { PHX_SERVER: "true" } : {}),
      },
      programs: [`${release}/bin`],
      writable: [],
    },
  };
}

function findProblem(mix: MixFile, hints: Hints) {
  if (hints.version !== null && readElixirVersion(hints.version) === null) {
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Elixir.`,
      "berth.yaml",
      'Write it as in `version: "1.19"` or `version: 1.19.2-otp-28`.',
    );
  }
  const unserved = refuseOutput(hints, "a release of Elixir");
  if (unserved !== null) return unserved;
  if (releaseOf(mix) !== null) return null;
  const what = mix.isUmbrella ? "The umbrella's mix.exs names no release." : "mix.exs names no app.";
  return refuse(what, "mix.exs", "Add `releases: [shop: [applications: [shop_web: :permanent]]]` to its project.");
}

/** Dependencies are compiled apart from the app, by what mix.exs, its lockfile and the build's configuration say. */
function installStep(tree: TreeView, mix: MixFile): BuildStep {
  const manifests = tree.paths.filter((path) => /^apps\/[^/]+\/mix\.exs$/.test(path));
  const files = ["mix.exs", "mix.lock", "config/config.exs", "config/prod.exs"].filter((path) => tree.has(path));
  const folders = mix.paths
    .filter((folder) => tree.paths.some((path) => path.startsWith(`${folder}/`)))
    .map((folder) => `${folder}/`);
  return {
    ...step("install", `${tools} && mix deps.get --only prod && mix deps.compile`),
    layer: "dependencies",
    inputs: [...new Set([...files, ...manifests, ...folders])].toSorted(),
    timeoutMs: installTimeoutMs,
  };
}

/** One step, for Hex is in a home folder that may be gone with the step that brought it. */
function buildText({ aliases }: MixFile): string {
  const assets = aliases.has("assets.deploy") ? ["mix assets.deploy"] : [];
  return [tools, "mix compile", ...assets, "mix release --overwrite"].join(" && ");
}

function step(name: string, text: string): BuildStep {
  const command = commandFromText(text);
  return { name, layer: "app", inputs: "all", command, env, caches: ["mix"], network: true, timeoutMs: buildTimeoutMs };
}

function sourceFindings(tree: TreeView, { dependencies }: MixFile): Finding[] {
  const hasLock = tree.has("mix.lock") || dependencies.size === 0;
  return [
    ...(hasLock ? [] : [{ what: "no mix.lock: versions may differ from build to build; commit it", from: "mix.exs" }]),
    ...(tree.has("assets/package.json")
      ? [
          {
            what: "its packages are not installed, for Elixir's image has no npm: use a Dockerfile",
            from: "assets/package.json",
          },
        ]
      : []),
    ...(tree.has("config/runtime.exs")
      ? []
      : [{ what: "no config/runtime.exs: PORT is read by your own code only", from: "config" }]),
  ];
}
