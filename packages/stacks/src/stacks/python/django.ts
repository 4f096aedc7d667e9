import { posix } from "node:path";
import type { Finding, TreeView } from "@berth/core";
import type { ServedApp } from "./modules.ts";

/** What planning needs to know of a Django project. */
export interface Django {
  /** The folder of manage.py. */
  folder: string;
  manage: string;
  /** The file of the settings that manage.py names, for findings. */
  settingsFile: string;
  app: ServedApp | null;
  /** Whether `collectstatic` has somewhere to put its files. */
  collectsStatic: boolean;
  /** Variables that settings read a secret key from. */
  secretKeys: string[];
  writable: string[];
  findings: Finding[];
}

/** Reads manage.py and the settings that it names; null where the project is no Django one. */
export function readDjango(tree: TreeView, dependencies: ReadonlySet<string>): Django | null {
  const manage = tree.paths
    .filter((path) => /^(?:[\w-]+\/)?manage\.py$/.test(path))
    .toSorted((a, b) => a.length - b.length)[0];
  if (manage === undefined) return null;
  const text = tree.read(manage) ?? "";
  if (!dependencies.has("django") && !/\bdjango\b/.test(text)) return null;
  const folder = posix.dirname(manage);
  const named = /DJANGO_SETTINGS_MODULE["']\s*,\s*["']([\w.]+)["']/.exec(text)?.[1] ?? null;
  const files = settingsFiles(tree, folder, named);
  const settings = files.map((file) => tree.read(file) ?? "").join("\n");
  const settingsFile = files[0] ?? manage;
  const usesWhiteNoise = dependencies.has("whitenoise") || settings.includes("whitenoise");
  const collectsStatic = /^\s*STATIC_ROOT\s*=(?!\s*None)/m.test(settings);
  const media = mediaFolder(settings);
  const inside = (path: string) => posix.join(folder, path);
  return {
    folder,
    manage,
    settingsFile,
    app: findApp(tree, folder, settings, settingsFile, dependencies),
    collectsStatic,
    secretKeys: secretKeys(settings),
    writable: media === null ? [] : [inside(media)],
    findings: [
      ...(collectsStatic && !usesWhiteNoise
        ? [
            {
              what: "static files are collected, but nothing serves them: add whitenoise",
              from: settingsFile,
            },
          ]
        : []),
      ...(/BASE_DIR\s*[/,]\s*["'][\w.-]+\.sqlite3?["']/.test(settings)
        ? [
            {
              what: "SQLite's file is in the folder of the app, which is read-only and new with each release: use a database server, or a folder that `writable:` names",
              from: settingsFile,
            },
          ]
        : []),
      ...(tree.paths.some((path) => /(^|\/)migrations\/\d+\w*\.py$/.test(path))
        ? [
            {
              what: "migrations are not run: `release: { command: python manage.py migrate }` in berth.yaml runs them",
              from: manage,
            },
          ]
        : []),
    ],
  };
}

/** The file of the settings module, with its siblings where the settings are a package: they import each other. */
function settingsFiles(tree: TreeView, folder: string, named: string | null): string[] {
  const prefix = folder === "." ? "" : `${folder}/`;
  const path = named === null ? null : prefix + named.replaceAll(".", "/");
  const own = path === null ? [] : [`${path}.py`, `${path}/__init__.py`].filter((file) => tree.has(file));
  const siblings = tree.paths.filter((file) => file.startsWith(prefix) && /(^|\/)settings\/\w+\.py$/.test(file));
  const isPackage = own.length === 0 || /(^|\/)settings\//.test(own[0] ?? "");
  const others = tree.paths.filter((file) => file.startsWith(prefix) && /(^|\/)settings\.py$/.test(file));
  return [...new Set([...own, ...(isPackage ? siblings : []), ...(own.length === 0 ? others : [])])];
}

/** The app where settings say it is: ASGI only where a server for it is among the dependencies. */
function findApp(
  tree: TreeView,
  folder: string,
  settings: string,
  settingsFile: string,
  dependencies: ReadonlySet<string>,
): ServedApp | null {
  const named = (key: string) => new RegExp(`^\\s*${key}\\s*=\\s*["']([\\w.]+)\\.(\\w+)["']`, "m").exec(settings);
  const prefix = folder === "." ? "" : `${folder}/`;
  const fileOf = (name: string) =>
    tree.paths.find((path) => path.startsWith(prefix) && path.endsWith(`/${name}.py`) && path.split("/").length <= 4);
  const isAsync = ["daphne", "channels", "uvicorn", "hypercorn"].some((name) => dependencies.has(name));
  const hasWsgiServer = ["gunicorn", "waitress", "uwsgi"].some((name) => dependencies.has(name));
  const asgi = named("ASGI_APPLICATION");
  const wsgi = named("WSGI_APPLICATION");
  const place = (kind: "asgi" | "wsgi", module: string, object: string, file: string): ServedApp => ({
    kind,
    framework: "Django",
    file,
    module,
    folder,
    object,
    isFactory: false,
  });
  if (isAsync && asgi !== null && (dependencies.has("channels") || !hasWsgiServer))
    return place("asgi", asgi[1] ?? "", asgi[2] ?? "", settingsFile);
  if (wsgi !== null) return place("wsgi", wsgi[1] ?? "", wsgi[2] ?? "", settingsFile);
  const file = fileOf("wsgi") ?? fileOf("asgi");
  if (file === undefined) return null;
  const module = file.slice(prefix.length).replace(/\.py$/, "").replaceAll("/", ".");
  return place(file.endsWith("asgi.py") ? "asgi" : "wsgi", module, "application", file);
}

/** `MEDIA_ROOT = BASE_DIR / "media"`, also with os.path.join. */
function mediaFolder(settings: string): string | null {
  return /^\s*MEDIA_ROOT\s*=.*?["']\/?([\w-]+(?:\/[\w-]+)*)\/?["']\s*\)*\s*$/m.exec(settings)?.[1] ?? null;
}

/** `os.environ["SECRET_KEY"]`, `config("DJANGO_SECRET_KEY")` and their like. */
function secretKeys(settings: string): string[] {
  const reads = settings.matchAll(
    /(?:environ\[|environ\.get\(|getenv\(|config\(|env(?:\.str)?\()\s*["'](\w*SECRET_KEY)["']/g,
  );
  return [...new Set([...reads].map((match) => match[1] ?? ""))].toSorted();
}
