import type { PlanProblem, TreeView } from "@berth/core";

type Json = Record<string, unknown>;

/** What planning needs of composer.json and its lockfile. */
export interface Composer {
  /** Packages and extensions that the project requires to run, with their constraints. */
  require: Record<string, string>;
  /** `config.platform.php`. */
  platformPhp: string | null;
  /** All that is installed to run, by its lockfile; else what is required. */
  installed: ReadonlySet<string>;
  /** `ext-…` of the project and of what is locked. */
  extensions: string[];
  scripts: ReadonlySet<string>;
  /** Whether its autoloader lists classes of the project's own files, so that it is made with them. */
  scansSource: boolean;
  /** Folders of packages in the repository (repositories of the type path). */
  paths: string[];
  publicFolder: string | null;
  isLocked: boolean;
}

export type ComposerResult = { ok: true; composer: Composer | null } | { ok: false; problem: PlanProblem };

/** Reads composer.json; null where there is none. */
export function readComposer(tree: TreeView): ComposerResult {
  const text = tree.read("composer.json");
  if (text === undefined) return { ok: true, composer: null };
  const json = parse(text);
  if (json === null)
    return {
      ok: false,
      problem: {
        message: "composer.json is not valid JSON.",
        path: "composer.json",
        hint: "Correct it; `composer validate` says where it is wrong.",
      },
    };
  const require = texts(json["require"]);
  const locked = lockedPackages(tree.read("composer.lock"));
  const extensions = [require, ...locked.map((each) => texts(each["require"]))].flatMap((each) =>
    Object.keys(each).filter((name) => name.startsWith("ext-")),
  );
  const repositories = Object.values(json["repositories"] ?? {}).map(object);
  return {
    ok: true,
    composer: {
      require,
      platformPhp: texts(object(json["config"])["platform"])["php"] ?? null,
      installed: new Set([...Object.keys(require), ...locked.map(({ name }) => String(name))]),
      extensions: [...new Set(extensions.map((name) => name.slice("ext-".length).toLowerCase()))].toSorted(),
      scripts: new Set(Object.keys(object(json["scripts"]))),
      scansSource: Array.isArray(object(json["autoload"])["classmap"]),
      paths: repositories.flatMap(({ type, url }) => (type === "path" && typeof url === "string" ? [url] : [])),
      publicFolder: texts(json["extra"])["public-dir"]?.replace(/^\.?\/|\/+$/g, "") ?? null,
      isLocked: tree.has("composer.lock"),
    },
  };
}

function lockedPackages(text: string | undefined): Json[] {
  const packages = parse(text ?? "")?.["packages"];
  return Array.isArray(packages) ? packages.map(object) : [];
}

function parse(text: string): Json | null {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === "object" && json !== null && !Array.isArray(json) ? { ...json } : null;
  } catch {
    return null;
  }
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function texts(value: unknown): Record<string, string> {
  const entries = Object.entries(object(value));
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}
