import {
  commandFromText,
  type BuildPlan,
  type BuildStep,
  type Command,
  type Finding,
  type TreeView,
} from "@berth/core";
import { buildTimeoutMs, refuse, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { planAssets, runsNode } from "../node/assets.ts";
import { serveSite } from "../static/serve.ts";
import { readGems, type Gems } from "./gems.ts";
import { bundlerEnv, planInstall } from "./install.ts";
import { nativeFindings } from "./native.ts";
import { isRails, planRails, type Rails } from "./rails.ts";
import { findRubyVersion, readVersion } from "./ruby-version.ts";
import { findGenerator } from "./site.ts";
import { findStart } from "./start.ts";

const readAtRoot =
  /^(Gemfile|gems\.rb|Gemfile\.lock|gems\.locked|\.ruby-version|\.tool-versions|\.?mise\.toml|config\.ru|[\w-]+\.rb|config\/(application|environments\/production)\.rb|config\/(database|storage)\.yml)$/;

/** Programs in Ruby with Bundler: Rails, Rack, Sinatra, sites that gems build. */
export const ruby: Stack = {
  name: "ruby",
  reads: (path) => readAtRoot.test(path),
  detect,
  plan: planRuby,
  command: rubyCommand,
};

/** By its Gemfile; beside a package.json only where there is something to start, for apps of phones have one for their tools. */
function detect(tree: TreeView): Finding | null {
  const gems = readGems(tree);
  if (gems === null) return null;
  const starts = tree.has("config.ru") || isRails(tree, gems) || findGenerator(gems) !== null;
  return tree.has("package.json") && !starts ? null : { what: "Ruby", from: gems.file };
}

function planRuby(tree: TreeView, hints: Hints): StackResult {
  const gems = readGems(tree);
  if (gems === null)
    return refuse("There is no Gemfile.", "Gemfile", "Run `bundle init`, or correct `stack:` in berth.yaml.");
  if (hints.version !== null && readVersion(hints.version) === null)
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Ruby.`,
      "berth.yaml",
      "Write it as in `version: 3.3` or `version: 3.3.5`.",
    );
  const version = findRubyVersion(tree, gems, hints.version);
  const installation = planInstall(tree, gems);
  const rails = isRails(tree, gems) ? planRails(tree, gems) : null;
  const assets = planAssets(tree, {
    always: runsNode(hints.build) || (rails?.runsNode === true && rails.steps.length > 0),
  });
  const site = planSite(gems, hints, tree);
  const found = site === null ? findStart(tree, gems, hints) : null;
  if (found?.ok === false) return found;
  const ownBuild = hints.build === null ? null : buildStep(hints.build, gems);
  const app = ownBuild === null ? [...assets.build, ...(rails?.steps ?? []), ...(site?.steps ?? [])] : [ownBuild];
  return {
    ok: true,
    plan: {
      stack: "ruby",
      findings: [
        ...version.findings,
        { what: "Bundler", from: gems.lockfile ?? gems.file },
        ...installation.findings,
        ...nativeFindings(gems),
        ...assets.findings,
        ...(ownBuild === null ? (site?.findings ?? []) : [{ what: "a build", from: "berth.yaml build" }]),
        ...(found?.start.findings ?? []),
        ...(rails?.findings ?? []),
      ],
      tools: { ruby: version.version, ...assets.tools },
      steps: inOrder([...assets.install, ...installation.steps, ...app]),
      dockerfile: null,
      ...running(version.version, gems, rails, installation.folders, found?.start.command ?? { argv: [] }),
      ...assets.image,
      ...(site === null ? {} : site.served),
    },
  };
}

type Running = Pick<BuildPlan, "base" | "buildImage" | "contents" | "command" | "env" | "programs" | "writable">;

function running(version: string, gems: Gems, rails: Rails | null, folders: string[], command: Command): Running {
  return {
    base: { image: `docker.io/library/ruby:${version}-slim`, digest: null },
    buildImage: { image: `docker.io/library/ruby:${version}`, digest: null },
    contents: { dependencies: folders, app: "all", support: [] },
    command,
    env: {
      ...bundlerEnv(gems, "/app/"),
      RACK_ENV: "production",
      // Threads of glibc's allocator keep more than they use.
      MALLOC_ARENA_MAX: "2",
      ...rails?.env,
    },
    programs: [],
    writable: rails?.writable ?? [],
  };
}

interface SitePlan {
  steps: BuildStep[];
  served: Pick<BuildPlan, "base" | "contents" | "command" | "env" | "writable">;
  findings: Finding[];
}

/** A site that a gem builds, or whose folder berth.yaml names. */
function planSite(gems: Gems, hints: Hints, tree: TreeView): SitePlan | null {
  if (hints.commandFrom !== null) return null;
  const starts = tree.has("config.ru") || isRails(tree, gems);
  const generator = starts ? null : findGenerator(gems);
  const folder = hints.output ?? generator?.folder ?? null;
  if (folder === null) return null;
  const { base, contents, command, env, writable } = serveSite({ folder, fallback: null, hashedAssets: false }, "24");
  const build =
    generator === null
      ? []
      : [
          {
            ...step(`bundle exec ${generator.argv.join(" ")}`, gems),
            network: gems.versions.has("jekyll-remote-theme"),
          },
        ];
  const from = hints.output === null ? `${gems.file} ${generator?.gem ?? ""}` : "berth.yaml output";
  return {
    steps: build.map((each) => ({ ...each, env: { ...each.env, ...generator?.env } })),
    served: { base, contents, command, env, writable },
    findings: [{ what: `${generator?.name ?? "static"} site in ${folder}`, from }],
  };
}

function buildStep(text: string, gems: Gems): BuildStep {
  return { ...step(text, gems), network: true };
}

function step(text: string, gems: Gems): Omit<BuildStep, "network"> {
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    command: rubyCommand(text),
    env: bundlerEnv(gems, ""),
    caches: ["bundler"],
    timeoutMs: buildTimeoutMs,
  };
}

/** Programs that gems bring, by their own names: found through Bundler, wherever it put them. */
const gemPrograms =
  /^(rails|rake|puma|unicorn|rackup|falcon|thin|iodine|passenger|sidekiq|resque|resque-pool|good_job|clockwork|shoryuken|que|karafka|racecar|anycable|hanami|jekyll|middleman|nanoc|bridgetown|sequel|whenever|clockworkd)$/;

/** A command line in which programs of gems are found. */
function rubyCommand(text: string): Command {
  const command = commandFromText(text);
  if (!("argv" in command)) return command;
  return gemPrograms.test(command.argv[0] ?? "") ? { argv: ["bundle", "exec", ...command.argv] } : command;
}

/** Steps of the dependency layer come first. */
function inOrder(steps: readonly BuildStep[]): BuildStep[] {
  const isApp = ({ layer }: BuildStep) => layer === "app";
  return [...steps.filter((each) => !isApp(each)), ...steps.filter(isApp)];
}
