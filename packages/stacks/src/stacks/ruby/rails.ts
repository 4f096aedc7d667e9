import type { BuildStep, Finding, TreeView } from "@berth/core";
import { buildTimeoutMs } from "../../stack.ts";
import type { Gems } from "./gems.ts";
import { bundlerEnv } from "./install.ts";

export function isRails(tree: TreeView, gems: Gems): boolean {
  return gems.versions.has("rails") || gems.versions.has("railties")
    ? tree.has("config/application.rb") || tree.has("config/environment.rb")
    : (tree.read("config/application.rb") ?? "").includes("Rails::Application");
}

/** What Rails needs beside its start. */
export interface Rails {
  steps: BuildStep[];
  env: Record<string, string>;
  writable: string[];
  findings: Finding[];
  /** Whether the asset pipeline runs Node's build script itself. */
  runsNode: boolean;
}

/** Gems that let `assets:precompile` run a build script of package.json. */
const nodeGems = ["jsbundling-rails", "cssbundling-rails", "webpacker", "shakapacker", "vite_rails", "vite_ruby"];
const pipelines = ["sprockets-rails", "sprockets", "propshaft", "webpacker", "shakapacker", "vite_rails"];

export function planRails(tree: TreeView, gems: Gems): Rails {
  const has = (names: readonly string[]) => names.some((name) => gems.versions.has(name));
  const runsNode = tree.has("package.json") && has(nodeGems);
  const hasAssets = tree.paths.some((path) => /^(app\/(assets|javascript|frontend)|vendor\/assets)\//.test(path));
  const compiles = hasAssets && has(pipelines);
  const step: BuildStep = {
    name: "assets",
    layer: "app",
    inputs: "all",
    // What it keeps for the next time is of no use in an image.
    command: { shell: "bundle exec rake assets:precompile && rm -rf tmp/cache" },
    env: { ...bundlerEnv(gems, ""), RAILS_ENV: "production", ...dummyKey(gems.versions.get("railties") ?? null) },
    caches: ["bundler"],
    // It installs what package.json says before it runs its script.
    network: runsNode,
    timeoutMs: buildTimeoutMs,
  };
  return {
    steps: compiles ? [step] : [],
    env: { RAILS_ENV: "production", RAILS_LOG_TO_STDOUT: "1", RAILS_SERVE_STATIC_FILES: "1" },
    writable: ["tmp", "log", ...(tree.has("config/storage.yml") ? ["storage"] : []), ...databaseFolders(tree)],
    findings: [...(compiles ? [{ what: "assets:precompile in each build", from: "app/assets" }] : []), ...advice(tree)],
    runsNode,
  };
}

/** Rails 7.1 and later take a key of their own for the build; earlier ones are given one. */
function dummyKey(version: string | null): Record<string, string> {
  const [major = 8, minor = 0] = (version ?? "8.0").split(".").map(Number);
  const knows = major > 7 || (major === 7 && minor >= 1);
  return knows ? { SECRET_KEY_BASE_DUMMY: "1" } : { SECRET_KEY_BASE: "only-for-the-build" };
}

/** Where SQLite's files are, for a database.yml that names them. */
function databaseFolders(tree: TreeView): string[] {
  const text = tree.read("config/database.yml") ?? "";
  if (!/adapter:\s*["']?sqlite3/.test(text)) return [];
  const folders = [...text.matchAll(/^\s*database:\s*["']?([\w-]+)\/[^\s"']+\.sqlite3?/gm)].map(
    (match) => match[1] ?? "",
  );
  return [...new Set(folders)].filter((folder) => folder !== "storage" || !tree.has("config/storage.yml"));
}

function advice(tree: TreeView): Finding[] {
  const production = (tree.read("config/environments/production.rb") ?? "").replace(/^\s*#.*$/gm, "");
  const hasCredentials = tree.has("config/credentials.yml.enc") || tree.has("config/credentials/production.yml.enc");
  return [
    hasCredentials
      ? { what: "reads its credentials with RAILS_MASTER_KEY: give it with `env:`", from: "config/credentials.yml.enc" }
      : { what: "wants a SECRET_KEY_BASE: give it with `env:`", from: "config/application.rb" },
    ...(/config\.force_ssl\s*=\s*true/.test(production)
      ? [{ what: "config.force_ssl sends every visitor to https", from: "config/environments/production.rb" }]
      : []),
    ...(tree.paths.some((path) => /^db\/migrate\/.+\.rb$/.test(path))
      ? [
          {
            what: "migrations are not run: `release: { command: rails db:migrate }` in berth.yaml runs them",
            from: "db/migrate",
          },
        ]
      : []),
  ];
}
