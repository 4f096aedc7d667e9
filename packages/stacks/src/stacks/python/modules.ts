import type { TreeView } from "@berth/core";

/** Source files whose text tells how a program starts: those in the root, and those of the usual names one or two folders below. */
export const sourceFile =
  /^[\w-]+\.py$|^(?:[\w-]+\/){1,2}(?:main|app|server|api|wsgi|asgi|application|run|index|web|__init__|__main__|manage|settings|streamlit_app)\.py$|(^|\/)settings\/\w+\.py$/;

/** Names of modules that start programs, likeliest first. What is there for servers alone comes before what is there for people. */
const names = [
  "asgi",
  "wsgi",
  "main",
  "app",
  "server",
  "api",
  "application",
  "web",
  "index",
  "run",
  "hello",
  "__init__",
];
const notPrograms = /(^|\/)(tests?|docs?|examples?|scripts|migrations|node_modules|venv|\.venv|env|build|dist)\//;

/** An object that a server of its kind can serve. */
export interface ServedApp {
  kind: "asgi" | "wsgi";
  /** The framework, for people. */
  framework: string;
  /** Where it is: `main.py`. */
  file: string;
  /** The module as servers name it: `shop.main`. */
  module: string;
  /** The folder that modules are found in: `.`, or `backend`, or `src`. */
  folder: string;
  /** The object's name in it. */
  object: string;
  /** Whether the object is a function that makes the app. */
  isFactory: boolean;
}

const frameworks: readonly {
  name: string;
  kind: "asgi" | "wsgi";
  package: string;
  constructor: string;
}[] = [
  { name: "FastAPI", kind: "asgi", package: "fastapi", constructor: "FastAPI" },
  { name: "Starlette", kind: "asgi", package: "starlette", constructor: "Starlette" },
  { name: "Litestar", kind: "asgi", package: "litestar", constructor: "Litestar" },
  { name: "Quart", kind: "asgi", package: "quart", constructor: "Quart" },
  { name: "FastHTML", kind: "asgi", package: "python-fasthtml", constructor: "fast_app|FastHTML" },
  { name: "BlackSheep", kind: "asgi", package: "blacksheep", constructor: "Application" },
  { name: "Flask", kind: "wsgi", package: "flask", constructor: "Flask|APIFlask|OpenAPI" },
  { name: "Bottle", kind: "wsgi", package: "bottle", constructor: "Bottle" },
  { name: "Falcon", kind: "wsgi", package: "falcon", constructor: "App|API" },
  { name: "Pyramid", kind: "wsgi", package: "pyramid", constructor: "make_wsgi_app" },
];

/** The app object of a web framework among the dependencies; null where no file has one. */
export function findServedApp(tree: TreeView, dependencies: ReadonlySet<string>): ServedApp | null {
  const known = frameworks.filter((framework) => dependencies.has(framework.package));
  // Dash is a Flask app with its server inside.
  if (dependencies.has("dash")) known.push({ name: "Dash", kind: "wsgi", package: "dash", constructor: "Dash" });
  if (known.length === 0) return null;
  const files = programFiles(tree);
  for (const find of [findObject, findFactory, findImported]) {
    for (const file of files) {
      const text = tree.read(file) ?? "";
      const found = find(text, known);
      // A module that starts its own server when it is imported cannot be served by another.
      if (found === null || /^\w+\.run(_server)?\(/m.test(text)) continue;
      return { ...found, file, ...modulePlace(tree, file, text) };
    }
  }
  return null;
}

type Known = typeof frameworks;
type Found = Pick<ServedApp, "kind" | "framework" | "object" | "isFactory">;

/** `app = FastAPI(…)`, `app: Flask = flask.Flask(…)`, `app, rt = fast_app()` at the module's level. */
function findObject(text: string, known: Known): Found | null {
  for (const { name, kind, constructor } of known) {
    const made = new RegExp(
      `^(\\w+)(?:\\s*,\\s*\\w+)*(?:\\s*:\\s*[\\w.]+)?\\s*=\\s*(?:[\\w.]+\\.)?(?:${constructor})\\(`,
      "m",
    ).exec(text)?.[1];
    if (made === undefined) continue;
    if (name !== "Dash") return { kind, framework: name, object: made, isFactory: false };
    const server = new RegExp(`^(\\w+)\\s*=\\s*${made}\\.server\\b`, "m").exec(text)?.[1];
    if (server !== undefined) return { kind, framework: name, object: server, isFactory: false };
  }
  return null;
}

/** `def create_app():` that can be called without arguments. */
function findFactory(text: string, known: Known): Found | null {
  const object = /^def (create_app|make_app|get_app|build_app)\(\s*(?:\)|\w+[^,)]*=)/m.exec(text)?.[1];
  const [framework] = known;
  // A module that calls it has the app itself.
  if (object === undefined || framework === undefined || /^\w+\s*=\s*(create|make|get|build)_app\(/m.test(text))
    return null;
  return { kind: framework.kind, framework: framework.name, object, isFactory: true };
}

/** `app = create_app()`, or `from shop import app` in a wsgi.py. */
function findImported(text: string, known: Known): Found | null {
  const [framework] = known;
  if (framework === undefined) return null;
  const object =
    /^(app|application|api|server)(?:\s*:\s*[\w.]+)?\s*=\s*[\w.]*(?:create|make|get|build|init)\w*\(/m.exec(
      text,
    )?.[1] ?? /^from\s+[\w.]+\s+import\s+(?:.*\bas\s+)?(app|application|api)\b/m.exec(text)?.[1];
  return object === undefined ? null : { kind: framework.kind, framework: framework.name, object, isFactory: false };
}

/** Files that may be programs, likeliest first: shallow before deep. */
export function programFiles(tree: TreeView): string[] {
  const ranked = tree.paths.flatMap((path) => {
    if (!sourceFile.test(path) || notPrograms.test(path)) return [];
    const parts = path.replace(/^src\//, "").split("/");
    const rank = names.indexOf((parts.at(-1) ?? "").replace(/\.py$/, ""));
    return [{ path, depth: parts.length, rank: rank === -1 ? names.length : rank }];
  });
  return ranked.toSorted((a, b) => a.depth - b.depth || a.rank - b.rank).map(({ path }) => path);
}

/** How a file is imported: from the root where it is part of a package, else from its own folder, whose files it then imports by their bare names. */
export function modulePlace(tree: TreeView, file: string, text: string): { module: string; folder: string } {
  const parts = file.replace(/\.py$/, "").split("/");
  const root = parts[0] === "src" && parts.length > 1 && !tree.has("src/__init__.py") ? "src" : ".";
  const inside = root === "src" ? parts.slice(1) : parts;
  const top = inside[0] ?? "";
  const isPackage =
    inside.length === 1 ||
    tree.has(`${root === "src" ? "src/" : ""}${top}/__init__.py`) ||
    new RegExp(`^\\s*(?:from|import)\\s+(?:${top}\\b|\\.)`, "m").test(text);
  const dotted = (names: string[]) => names.filter((name, index) => name !== "__init__" || index === 0).join(".");
  if (isPackage) return { module: dotted(inside), folder: root };
  const folder = parts.slice(0, -1).join("/");
  return { module: dotted(inside.slice(-1)), folder };
}
