import { ownCommand, type BuildStep, type Command, type Finding, type TreeView } from "@berth/core";
import { buildTimeoutMs, type Hints } from "../../stack.ts";
import { readDjango, type Django } from "./django.ts";
import { packagesFolder } from "./layout.ts";
import { findServedApp, modulePlace, programFiles, type ServedApp } from "./modules.ts";
import type { Dependencies } from "./project.ts";
import type { Pyproject } from "./pyproject.ts";
import { scriptCommand } from "./scripts.ts";
import { findServer } from "./servers.ts";

/** What an instance starts, and what has to be installed and built for it. */
export interface PythonStart {
  command: Command;
  /** Requirements that Berth adds, such as `gunicorn==23.0.0`. */
  extra: string[];
  env: Record<string, string>;
  writable: string[];
  steps: BuildStep[];
  findings: Finding[];
}

const nothing = { extra: [], env: {}, writable: [], steps: [], findings: [] };

/** Decides how the project starts, by the first of these: what berth.yaml or a Procfile says, Django, an app object, a framework's own program, a declared script, a file that is a program. */
export function findStart(
  tree: TreeView,
  pyproject: Pyproject | null,
  dependencies: Dependencies,
  python: string,
  hints: Hints,
): PythonStart | null {
  const django = readDjango(tree, dependencies.installed);
  const djangoNeeds = django === null ? nothing : { ...nothing, ...needs(django, hints) };
  if (hints.commandFrom !== null) {
    const env = sourceEnv(tree);
    return {
      ...djangoNeeds,
      command: { argv: [] },
      env,
      findings: [{ what: ownCommand, from: hints.commandFrom }],
    };
  }
  const names = new Set(dependencies.direct.keys());
  const served = django?.app ?? (django === null ? findServedApp(tree, names) : null);
  if (served !== null) {
    const started = serve(tree, served, dependencies.installed, python, django?.settingsFile ?? served.file);
    const findings = [...started.findings, ...djangoNeeds.findings];
    return { ...djangoNeeds, ...started, findings };
  }
  return fromFramework(tree, names) ?? fromScripts(tree, pyproject) ?? fromFile(tree);
}

function serve(
  tree: TreeView,
  app: ServedApp,
  installed: ReadonlySet<string>,
  python: string,
  from: string,
): Pick<PythonStart, "command" | "extra" | "env" | "findings"> {
  // Modules below src are found in each program of the image, not by this server alone.
  const inSource = app.folder === "src";
  const place = inSource ? { ...app, folder: "." } : app;
  const server = findServer(place, installed, python, from);
  const what = `${app.framework} served by ${server.argv.find((word) => /^[a-z-]+$/.test(word) && word !== "env")}: ${app.module}:${app.object}`;
  return {
    command: { argv: server.argv },
    extra: server.extra,
    // The router is the only one that speaks to it: what it says of the visitor is true.
    env: { FORWARDED_ALLOW_IPS: "*", ...(inSource ? { PYTHONPATH: "/app/src" } : sourceEnv(tree)) },
    findings: [{ what, from }, ...server.findings],
  };
}

/** What a Django project needs whatever starts it. */
function needs(django: Django, hints: Hints): Pick<PythonStart, "writable" | "steps" | "findings"> {
  const { collectsStatic, manage, secretKeys, settingsFile } = django;
  const secrets = Object.fromEntries(secretKeys.map((name) => [name, "only-for-the-build"]));
  const step: BuildStep = {
    name: "collectstatic",
    layer: "app",
    inputs: "all",
    command: { argv: ["python3", manage, "collectstatic", "--noinput"] },
    env: { PYTHONUSERBASE: packagesFolder, PYTHONDONTWRITEBYTECODE: "1", ...secrets },
    caches: [],
    network: false,
    timeoutMs: buildTimeoutMs,
  };
  const collects = collectsStatic && hints.build === null;
  return {
    writable: django.writable,
    steps: collects ? [step] : [],
    findings: [
      ...(collects ? [{ what: "collectstatic in each build, for STATIC_ROOT is set", from: settingsFile }] : []),
      ...(collects && secretKeys.length > 0
        ? [
            {
              what: `${secretKeys.join(", ")} for the build alone: set one for the app with \`env:\``,
              from: settingsFile,
            },
          ]
        : []),
      ...django.findings,
    ],
  };
}

/** Frameworks that are started by a program of their own. */
function fromFramework(tree: TreeView, names: ReadonlySet<string>): PythonStart | null {
  const script = (pattern: RegExp) => programFiles(tree).find((file) => pattern.test(tree.read(file) ?? ""));
  const host = "0.0.0.0";
  if (names.has("streamlit")) {
    const usual = ["streamlit_app.py", "Home.py", "home.py"].find((file) => tree.has(file));
    const file = usual ?? script(/^\s*(?:import|from) streamlit\b/m);
    if (file !== undefined) {
      const argv = [
        "streamlit",
        "run",
        file,
        "--server.address",
        host,
        "--server.port",
        "$PORT",
        "--server.headless",
        "true",
      ];
      return start(tree, { argv }, "Streamlit", file, {
        STREAMLIT_BROWSER_GATHER_USAGE_STATS: "false",
      });
    }
  }
  if (names.has("gradio")) {
    const file = script(/^\s*(?:import|from) gradio\b/m);
    if (file !== undefined)
      return start(tree, { argv: ["env", "GRADIO_SERVER_PORT=$PORT", "python3", file] }, "Gradio", file, {
        GRADIO_SERVER_NAME: host,
        GRADIO_ANALYTICS_ENABLED: "False",
      });
  }
  if (names.has("dash")) {
    // Its own server is for development, but without a `server = app.server` there is nothing another could serve.
    const file = script(/^\s*(?:import|from) dash\b/m);
    if (file !== undefined) return start(tree, { argv: ["python3", file] }, "Dash", file, { HOST: host });
  }
  if (names.has("sanic")) {
    const file = script(/^\w+\s*=\s*(?:sanic\.)?Sanic\(/m);
    const text = file === undefined ? "" : (tree.read(file) ?? "");
    const object = /^(\w+)\s*=\s*(?:sanic\.)?Sanic\(/m.exec(text)?.[1];
    if (file !== undefined && object !== undefined) {
      const { module, folder } = modulePlace(tree, file, text);
      if (folder === "." || folder === "src")
        return start(
          tree,
          { argv: ["sanic", `${module}:${object}`, "--host", host, "--port", "$PORT"] },
          "Sanic",
          file,
        );
    }
  }
  return null;
}

/** The only program that the project declares, or the one of them whose name says that it serves. */
function fromScripts(tree: TreeView, pyproject: Pyproject | null): PythonStart | null {
  const all = [...(pyproject?.scripts ?? [])];
  const [name, entry] =
    all.find(([each]) => /^(start|serve|server|web|run)$/.test(each)) ?? (all.length === 1 ? all[0]! : []);
  if (name === undefined || entry === undefined) return null;
  const what = `starts the program ${name}`;
  const command: Command = { argv: scriptCommand(entry, []) };
  return {
    ...nothing,
    command,
    env: sourceEnv(tree),
    findings: [{ what, from: "pyproject.toml project.scripts" }],
  };
}

function fromFile(tree: TreeView): PythonStart | null {
  const usual = ["main", "app", "server", "run", "bot", "index", "hello", "__main__"].flatMap((name) => [
    `${name}.py`,
    `src/${name}.py`,
  ]);
  const file = usual.find((path) => tree.has(path));
  if (file !== undefined) return start(tree, { argv: ["python3", file] }, null, file);
  const inPackage = tree.paths.find((path) => /^(?:src\/)?[A-Za-z_]\w*\/__main__\.py$/.test(path));
  if (inPackage === undefined || /(^|\/)tests?\//.test(inPackage)) return null;
  const module = inPackage.replace(/^src\//, "").replace(/\/__main__\.py$/, "");
  return start(tree, { argv: ["python3", "-m", module] }, null, inPackage);
}

function start(
  tree: TreeView,
  command: { argv: string[] },
  framework: string | null,
  file: string,
  env: Record<string, string> = {},
): PythonStart {
  const text = command.argv.filter((word) => word !== "env").join(" ");
  const what =
    framework === null
      ? `starts with ${text}; it has to listen on PORT, or to have \`routes: []\` in berth.yaml`
      : `${framework}: ${text}`;
  return {
    ...nothing,
    command,
    env: { ...sourceEnv(tree), ...env },
    findings: [{ what, from: file }],
  };
}

/** Packages below src are found as if the project were installed. */
export function sourceEnv(tree: TreeView): Record<string, string> {
  const hasPackages = tree.paths.some((path) => /^src\/[A-Za-z_]\w*\/__init__\.py$/.test(path));
  return hasPackages && !tree.has("src/__init__.py") ? { PYTHONPATH: "/app/src" } : {};
}
