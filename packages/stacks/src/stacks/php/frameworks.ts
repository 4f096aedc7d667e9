import type { Finding, TreeView } from "@berth/core";
import type { Composer } from "./composer.ts";

/** What a framework needs beside PHP. */
export interface Framework {
  name: string;
  env: Record<string, string>;
  writable: string[];
  findings: Finding[];
  /** Whether the build runs its scripts (`post-install-cmd`). */
  runsScripts: boolean;
}

/** The framework that the project is built with, by its packages and files; null where there is none that is known. */
export function findFramework(tree: TreeView, composer: Composer | null): Framework | null {
  const uses = (name: string) => composer?.installed.has(name) === true;
  if (tree.has("artisan") && (uses("laravel/framework") || uses("laravel/lumen-framework"))) return laravel(tree);
  if (uses("symfony/framework-bundle")) return symfony(tree);
  if (uses("cakephp/cakephp")) return plain("CakePHP", ["tmp", "logs"]);
  if (uses("codeigniter4/framework")) return plain("CodeIgniter", ["writable"]);
  if (uses("yiisoft/yii2")) return plain("Yii", ["runtime", "web/assets"]);
  if (tree.has("wp-includes/version.php")) return plain("WordPress", ["wp-content/uploads"]);
  return null;
}

function laravel(tree: TreeView): Framework {
  const usesSqlite =
    tree.has("database/database.sqlite") || /^DB_CONNECTION=sqlite/m.test(tree.read(".env.example") ?? "");
  const hasMigrations = tree.paths.some((path) => /^database\/migrations\/.+\.php$/.test(path));
  return {
    name: "Laravel",
    // What it logs is to be read where everything else is.
    env: { APP_ENV: "production", APP_DEBUG: "false", LOG_CHANNEL: "stderr" },
    writable: ["storage", "bootstrap/cache", ...(usesSqlite ? ["database"] : [])],
    findings: [
      {
        what: "wants an APP_KEY: `php artisan key:generate --show` makes one; give it with `env:`",
        from: "artisan",
      },
      ...(hasMigrations
        ? [
            {
              what: "migrations are not run: `release: { command: php artisan migrate --force }` in berth.yaml runs them",
              from: "database/migrations",
            },
          ]
        : []),
    ],
    runsScripts: false,
  };
}

function symfony(tree: TreeView): Framework {
  const hasMigrations = tree.paths.some((path) => /^migrations\/.+\.php$/.test(path));
  return {
    name: "Symfony",
    env: { APP_ENV: "prod", APP_DEBUG: "0" },
    writable: ["var"],
    findings: hasMigrations
      ? [
          {
            what: "migrations are not run: `release: { command: php bin/console doctrine:migrations:migrate -n }` in berth.yaml runs them",
            from: "migrations",
          },
        ]
      : [],
    runsScripts: true,
  };
}

function plain(name: string, writable: string[]): Framework {
  return { name, env: {}, writable, findings: [], runsScripts: false };
}
