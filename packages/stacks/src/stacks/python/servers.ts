import type { Finding } from "@berth/core";
import type { ServedApp } from "./modules.ts";
import { isAtLeast } from "./python-version.ts";

/** A server for an app object, and what has to be installed for it beside the project's own dependencies. */
export interface Server {
  argv: string[];
  extra: string[];
  findings: Finding[];
}

type Served = Pick<ServedApp, "kind" | "module" | "folder" | "object" | "isFactory">;

interface ServerProgram {
  package: string;
  kinds: readonly ServedApp["kind"][];
  argv(app: Served): string[];
}

const address = "0.0.0.0:$PORT";
const host = ["--host", "0.0.0.0", "--port", "$PORT"];

const gunicorn: ServerProgram = {
  package: "gunicorn",
  kinds: ["wsgi"],
  argv: (app) => [
    "gunicorn",
    "--bind",
    address,
    // One process that answers several requests at once; more processes by WEB_CONCURRENCY.
    "--threads",
    "8",
    ...(app.folder === "." ? [] : ["--chdir", app.folder]),
    `${app.module}:${app.object}${app.isFactory ? "()" : ""}`,
  ],
};
const uvicorn: ServerProgram = {
  package: "uvicorn",
  kinds: ["asgi"],
  argv: (app) => [
    "uvicorn",
    ...host,
    ...(app.folder === "." ? [] : ["--app-dir", app.folder]),
    ...(app.isFactory ? ["--factory"] : []),
    `${app.module}:${app.object}`,
  ],
};

/** Servers for production, those first that are taken where several are installed. */
const programs: readonly ServerProgram[] = [
  uvicorn,
  {
    package: "hypercorn",
    kinds: ["asgi"],
    argv: (app) =>
      inFolder(app, ["hypercorn", "--bind", address, `${app.module}:${app.object}${app.isFactory ? "()" : ""}`]),
  },
  {
    package: "daphne",
    kinds: ["asgi"],
    argv: (app) => inFolder(app, ["daphne", "-b", "0.0.0.0", "-p", "$PORT", `${app.module}:${app.object}`]),
  },
  gunicorn,
  {
    package: "granian",
    kinds: ["asgi", "wsgi"],
    argv: (app) =>
      inFolder(app, [
        "granian",
        "--interface",
        app.kind,
        ...host,
        ...(app.isFactory ? ["--factory"] : []),
        `${app.module}:${app.object}`,
      ]),
  },
  {
    package: "waitress",
    kinds: ["wsgi"],
    argv: (app) =>
      inFolder(app, [
        "waitress-serve",
        `--listen=${address}`,
        ...(app.isFactory ? ["--call"] : []),
        `${app.module}:${app.object}`,
      ]),
  },
  {
    package: "uwsgi",
    kinds: ["wsgi"],
    argv: (app) => [
      "uwsgi",
      "--http",
      address,
      "--master",
      "--die-on-term",
      "--enable-threads",
      "--threads",
      "8",
      ...(app.folder === "." ? [] : ["--chdir", app.folder]),
      "--module",
      `${app.module}:${app.object}${app.isFactory ? "()" : ""}`,
    ],
  },
];

/** The server that is among the dependencies; else the usual one for its kind, which Berth installs in a fixed version. */
export function findServer(app: Served, installed: ReadonlySet<string>, python: string, from: string): Server {
  const own = programs.find((each) => each.kinds.includes(app.kind) && installed.has(each.package));
  if (own !== undefined) return { argv: own.argv(app), extra: [], findings: [] };
  const added = app.kind === "asgi" ? uvicorn : gunicorn;
  const version = addedVersion(added.package, python);
  const extra = `${added.package}==${version}`;
  const what = `no server among the dependencies: ${added.package} ${version} is added; name one to choose it and its version`;
  // Its control socket is for people beside it, and several instances on one machine would share it.
  const argv = added
    .argv(app)
    .flatMap((word) => (word === "gunicorn" && version !== "23.0.0" ? [word, "--no-control-socket"] : [word]));
  return { argv, extra: [extra], findings: [{ what, from }] };
}

/** The newest that runs on the line of Python. */
function addedVersion(name: string, python: string): string {
  if (name === "gunicorn") return isAtLeast(python, 10) ? "27.0.1" : "23.0.0";
  return isAtLeast(python, 10) ? "0.54.0" : "0.33.0";
}

/** For servers without an option for the folder that modules are found in. */
function inFolder(app: Served, argv: string[]): string[] {
  return app.folder === "." ? argv : ["env", `PYTHONPATH=${app.folder}`, ...argv];
}
