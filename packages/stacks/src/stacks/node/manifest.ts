import type { PlanProblem, TreeView } from "@berth/core";

/** What planning needs of a package.json; whatever has another type than npm says is as if it were not there. */
export interface Manifest {
  name: string | null;
  main: string | null;
  packageManager: string | null;
  scripts: Record<string, string>;
  /** Dependencies of all kinds but peers, with their ranges. */
  dependencies: Record<string, string>;
  engines: Record<string, string>;
  volta: Record<string, string>;
  hasWorkspaces: boolean;
  /** Files and folders that package managers are told to patch dependencies with. */
  patches: string[];
}

/** What a manifest that says nothing comes to. */
export const emptyManifest: Manifest = {
  name: null,
  main: null,
  packageManager: null,
  scripts: {},
  dependencies: {},
  engines: {},
  volta: {},
  hasWorkspaces: false,
  patches: [],
};

export type ManifestResult = { ok: true; manifest: Manifest } | { ok: false; problem: PlanProblem };

export function readManifest(tree: TreeView, path: string): ManifestResult {
  const text = tree.read(path);
  if (text === undefined) {
    return problem(
      path,
      `${path} cannot be read.`,
      "It must be a regular text file of less than 1 MiB, or a link to one in the repository.",
    );
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (thrown) {
    return problem(
      path,
      `${path} is not valid JSON: ${syntaxError(thrown, text)}.`,
      "Correct it; `npm pkg get` reads it as npm does.",
    );
  }
  if (!isObject(json))
    return problem(path, `${path}: expected an object.`, 'Begin with { "name": "…", "scripts": { "start": "…" } }.');
  const pnpm = isObject(json["pnpm"]) ? json["pnpm"] : {};
  return {
    ok: true,
    manifest: {
      name: typeof json["name"] === "string" ? json["name"] : null,
      main: typeof json["main"] === "string" ? json["main"] : null,
      packageManager: typeof json["packageManager"] === "string" ? json["packageManager"] : null,
      scripts: texts(json["scripts"]),
      dependencies: {
        ...texts(json["optionalDependencies"]),
        ...texts(json["devDependencies"]),
        ...texts(json["dependencies"]),
      },
      engines: texts(json["engines"]),
      volta: texts(json["volta"]),
      hasWorkspaces: Array.isArray(json["workspaces"]) || isObject(json["workspaces"]),
      patches: Object.values({ ...texts(pnpm["patchedDependencies"]), ...texts(json["patchedDependencies"]) }),
    },
  };
}

/** What the parser says, with line and column whichever way it tells the place. */
function syntaxError(thrown: unknown, text: string): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  const what = message.replace(
    /,? \.{3}.*is not valid JSON$|, ".*" is not valid JSON$| in JSON at position.*$| \(line \d+ column \d+\)/s,
    "",
  );
  const at = /at position (\d+)/.exec(message);
  const before = text.slice(0, at === null ? errorOffset(text) : Number(at[1])).split("\n");
  return `${what} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

/** Where the text stops being JSON, for messages without a position: the first character of an unknown word, or the end. */
function errorOffset(text: string): number {
  const unknown = /"(?:[^"\\]|\\.)*"|[\s{}[\]:,]+|-?[\d.eE+-]+|true|false|null|(?<bad>.)/gs;
  for (const match of text.matchAll(unknown)) if (match.groups?.["bad"] !== undefined) return match.index;
  return text.trimEnd().length;
}

function problem(path: string, message: string, hint: string): { ok: false; problem: PlanProblem } {
  return { ok: false, problem: { message, path, hint } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function texts(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}
