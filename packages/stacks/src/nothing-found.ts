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

/** Why there is no plan, and what to add: for a tree in which no stack found anything. */
export function nothingFound(tree: TreeView): PlanProblem {
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
      hint: "Say how to start it in berth.yaml: `services: { web: { command: … } }`, or add a Procfile with `web: …`.",
    };
  }
  const page = tree.paths.find((path) => /(^|\/)(index\.html|package\.json)$/.test(path));
  if (page !== undefined) {
    const folder = page.split("/").slice(0, -1).join("/");
    return {
      message: `Nothing in the root says how to run this, but there is ${page}.`,
      path: page,
      hint: `Name its folder in berth.yaml: \`services: { web: { source: ${folder} } }\`.`,
    };
  }
  return {
    message: "Nothing here says how to run this.",
    path: null,
    hint: "Add a package.json with a start script, an index.html, a Procfile with `web: …`, or a berth.yaml: `services: { web: { command: … } }`.",
  };
}
