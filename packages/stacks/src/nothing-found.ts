import type { PlanProblem, TreeView } from "@berth/core";
import { listed, nameFolders } from "./name-folders.ts";
import { stacks } from "./registry.ts";
import type { Hints } from "./stack.ts";

/** Files by which a stack is known that found nothing to start: it says best what is missing. */
const known: readonly [RegExp, string][] = [
  [/^(go\.mod|go\.work)$/, "go"],
  [/^Cargo\.toml$/, "rust"],
  [/^(pom\.xml|build\.gradle(\.kts)?|settings\.gradle(\.kts)?|gradlew|mvnw)$/, "java"],
  [/^mix\.exs$/, "elixir"],
  [/^([^/]+\.(cs|fs|vb)proj|[^/]+\.slnx?)$/, "dotnet"],
  [/^(requirements\.txt|pyproject\.toml|Pipfile|manage\.py|uv\.lock)$/, "python"],
  [/^(Gemfile|config\.ru)$/, "ruby"],
  [/^composer\.json$/, "php"],
  [/^deno\.jsonc?$/, "deno"],
];

/** Files by which languages are known that no stack builds. */
const others: readonly [RegExp, string][] = [
  [/^build\.sbt$/, "Scala"],
  [/^(project\.clj|deps\.edn)$/, "Clojure"],
  [/^Package\.swift$/, "Swift"],
  [/^build\.zig$/, "Zig"],
  [/^gleam\.toml$/, "Gleam"],
  [/^pubspec\.yaml$/, "Dart"],
  [/^shard\.yml$/, "Crystal"],
  [/^(stack\.yaml|[^/]+\.cabal)$/, "Haskell"],
  [/^dune-project$/, "OCaml"],
  [/^CMakeLists\.txt$/, "C or C++"],
];

/** Programs that start with Node alone, likeliest first. */
const programs = ["server", "index", "app", "main"].flatMap((name) =>
  [".js", ".mjs", ".cjs", ".ts"].map((end) => name + end),
);

/** By which an app in a folder is known, likeliest first. */
const ofAnApp =
  /(^|\/)(package\.json|go\.mod|Cargo\.toml|pom\.xml|build\.gradle(\.kts)?|requirements\.txt|pyproject\.toml|Gemfile|composer\.json|mix\.exs|[^/]+\.csproj|deno\.jsonc?|Dockerfile|index\.html)$/;

/** Why there is no plan, and what to add: for the tree of a service in which no stack found anything. */
export function nothingFound(tree: TreeView, hints: Hints): PlanProblem {
  const inBerthYaml = (what: string) => `\`services: { ${hints.service}: { ${what} } }\``;
  if (tree.paths.length === 0) {
    return {
      message: "There are no files here.",
      path: null,
      hint: "Commit something to deploy, such as an index.html or a package.json.",
    };
  }
  for (const [pattern, name] of known) {
    const stack = tree.paths.some((path) => pattern.test(path)) ? stacks.find((each) => each.name === name) : undefined;
    const planned = stack?.plan(tree, hints);
    if (planned?.ok === false) return planned.problem;
  }
  for (const [pattern, language] of others) {
    const file = tree.paths.find((path) => pattern.test(path));
    if (file === undefined) continue;
    return {
      message: `${file} says ${language}, which Berth does not build by itself.`,
      path: file,
      hint: `Add a Dockerfile, or say it in berth.yaml: ${inBerthYaml("build: …, command: …")}.`,
    };
  }
  const program = programs.find((path) => tree.has(path));
  if (program !== undefined) {
    return {
      message: `There is ${program}, but nothing that says how to start it.`,
      path: program,
      hint: `Add a package.json with a start script, or say it in berth.yaml: ${inBerthYaml(`command: node ${program}`)}.`,
    };
  }
  const apps = nearestApps(tree);
  const [app] = apps;
  if (app !== undefined) {
    const folders = apps.map((path) => path.slice(0, path.lastIndexOf("/")));
    const their = apps.length === 1 ? "its folder" : "their folders, or one of them,";
    return {
      message: `Nothing in the root says how to run this, but there ${apps.length === 1 ? "is" : "are"} ${listed(apps)}.`,
      path: app,
      hint: `Name ${their} in berth.yaml: ${nameFolders(folders, hints.service)}.`,
    };
  }
  return {
    message: "Nothing here says how to run this.",
    path: null,
    hint: `Add a package.json with a start script, an index.html, a Procfile with \`web: …\`, or a berth.yaml: ${inBerthYaml("command: …")}.`,
  };
}

/** The files nearest to the root by which apps are known: one for each folder. */
function nearestApps(tree: TreeView): string[] {
  const depthOf = (path: string) => path.split("/").length;
  const found = tree.paths.filter((path) => ofAnApp.test(path) && !/(^|\/)(node_modules|vendor)\//.test(path));
  const depth = Math.min(...found.map(depthOf));
  const byFolder = new Map<string, string>();
  for (const path of found.filter((each) => depthOf(each) === depth)) {
    const folder = path.slice(0, path.lastIndexOf("/"));
    // A page says less of an app than what builds it.
    if (!byFolder.has(folder) || byFolder.get(folder)?.endsWith("/index.html")) byFolder.set(folder, path);
  }
  return [...byFolder.values()];
}
