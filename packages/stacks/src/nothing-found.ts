import type { PlanProblem, TreeView } from "@berth/core";

/** Files by which other languages are known. */
const others: readonly [RegExp, string][] = [
  [/^(requirements\.txt|pyproject\.toml|Pipfile|manage\.py)$/, "Python"],
  [/^go\.mod$/, "Go"],
  [/^Gemfile$/, "Ruby"],
  [/^composer\.json$/, "PHP"],
  [/^Cargo\.toml$/, "Rust"],
  [/^(pom\.xml|build\.gradle(\.kts)?|gradlew)$/, "Java"],
  [/^mix\.exs$/, "Elixir"],
  [/^deno\.jsonc?$/, "Deno"],
  [/\.(cs|fs)proj$/, ".NET"],
  [/^Dockerfile$/, "a Dockerfile"],
];

/** Programs that start with Node alone, likeliest first. */
const programs = ["server", "index", "app", "main"].flatMap((name) =>
  [".js", ".mjs", ".cjs", ".ts"].map((end) => name + end),
);

/** Why there is no plan, and what to add: for the tree of a service in which no stack found anything. */
export function nothingFound(tree: TreeView, service: string): PlanProblem {
  const inBerthYaml = (what: string) => `\`services: { ${service}: { ${what} } }\``;
  if (tree.paths.length === 0) {
    return {
      message: "There are no files here.",
      path: null,
      hint: "Commit something to deploy, such as an index.html or a package.json.",
    };
  }
  for (const [pattern, language] of others) {
    const file = tree.paths.find((path) => pattern.test(path));
    if (file === undefined) continue;
    return {
      message: `${file} says ${language}, which is not detected yet.`,
      path: file,
      hint: `Say how to start it in berth.yaml: ${inBerthYaml("command: …")}, or add a Procfile with \`web: …\`.`,
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
  const page = tree.paths.find((path) => /(^|\/)(index\.html|package\.json)$/.test(path));
  if (page !== undefined) {
    const folder = page.split("/").slice(0, -1).join("/");
    return {
      message: `Nothing in the root says how to run this, but there is ${page}.`,
      path: page,
      hint: `Name its folder in berth.yaml: ${inBerthYaml(`source: ${folder}`)}.`,
    };
  }
  return {
    message: "Nothing here says how to run this.",
    path: null,
    hint: `Add a package.json with a start script, an index.html, a Procfile with \`web: …\`, or a berth.yaml: ${inBerthYaml("command: …")}.`,
  };
}
