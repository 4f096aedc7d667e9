import { commandFromText, type BuildPlan, type BuildStep, type Finding, type TreeView } from "@berth/core";
import { buildTimeoutMs, refuse, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { planAssets, runsNode } from "../node/assets.ts";
import { serveSite } from "../static/serve.ts";
import { findServedApp, sourceFile } from "./modules.ts";
import { planInstall, type PythonInstallation } from "./install.ts";
import { packagesFolder, programsFolder } from "./layout.ts";
import { findManager } from "./manager.ts";
import { nativeFindings } from "./native.ts";
import { readDependencies } from "./project.ts";
import { readPyproject } from "./pyproject.ts";
import { findPythonVersion, readVersion, type PythonVersion } from "./python-version.ts";
import { pythonCommand } from "./scripts.ts";
import { findStart, type PythonStart } from "./start.ts";

const readAtRoot =
  /^(([\w-]+\/)?(requirements|constraints|base|common)[\w.-]*\.txt|requirements\/[\w.-]+\.txt|pyproject\.toml|Pipfile|Pipfile\.lock|(poetry|uv|pdm)\.lock|pylock\.toml|\.python-version|runtime\.txt|\.tool-versions|\.?mise\.toml|setup\.(py|cfg))$/;

/** Programs in Python: served by a WSGI or ASGI server, or as they are. */
export const python: Stack = {
  name: "python",
  reads: (path) => readAtRoot.test(path) || sourceFile.test(path),
  detect,
  plan: planPython,
  command(text, tree) {
    const read = readPyproject(tree);
    return pythonCommand(text, read.ok ? read.pyproject : null);
  },
};

/** By the files that its package managers know it by; beside a package.json only where there is something to start. */
function detect(tree: TreeView): Finding | null {
  const file = markFile(tree);
  if (file === null) return null;
  const found = { what: "Python", from: file };
  if (!tree.has("package.json")) return found;
  const read = readPyproject(tree);
  const dependencies = readDependencies(tree, read.ok ? read.pyproject : null);
  const isDjango =
    tree.paths.some((path) => /^(?:[\w-]+\/)?manage\.py$/.test(path)) && dependencies.direct.has("django");
  const app = findServedApp(tree, new Set(dependencies.direct.keys()));
  const isProgram = ["main.py", "app.py", "server.py", "streamlit_app.py"].some((path) => tree.has(path));
  // Functions in api/ are a Node framework's guests.
  return isDjango || isProgram || (app !== null && !app.file.startsWith("api/")) ? found : null;
}

function markFile(tree: TreeView): string | null {
  const marks = ["uv.lock", "poetry.lock", "pdm.lock", "Pipfile", "requirements.txt", "manage.py"];
  const mark = marks.find((path) => tree.has(path));
  if (mark !== undefined) return mark;
  const read = readPyproject(tree);
  // Many projects in other languages have one for a linter alone.
  const isProject = !read.ok || read.pyproject?.project != null || read.pyproject?.tool("poetry") != null;
  if (tree.has("pyproject.toml") && isProject) return "pyproject.toml";
  if (tree.has("setup.py")) return "setup.py";
  if (tree.has("package.json")) return null;
  const others = ["requirements/production.txt", "requirements/base.txt", "main.py", "app.py", "server.py", "bot.py"];
  return others.find((path) => tree.has(path)) ?? null;
}

function planPython(tree: TreeView, hints: Hints): StackResult {
  const read = readPyproject(tree);
  if (!read.ok)
    return refuse(`pyproject.toml is not valid TOML: ${read.message}.`, "pyproject.toml", "Correct it and push again.");
  const { pyproject } = read;
  if (hints.version !== null && readVersion(hints.version) === null)
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Python.`,
      "berth.yaml",
      "Write it as in `version: 3.12` or `version: 3.12.4`.",
    );
  const version = findPythonVersion(tree, pyproject, hints.version);
  const dependencies = readDependencies(tree, pyproject);
  const manager = findManager(tree, pyproject);
  const isSite = hints.output !== null && hints.commandFrom === null;
  const start = isSite ? siteStart(hints.output) : findStart(tree, pyproject, dependencies, version.version, hints);
  if (start === null) return refuse(nothingToStart, markFile(tree), addStart);
  const installation = planInstall(tree, pyproject, manager, start.extra);
  const assets = planAssets(tree, { always: runsNode(hints.build) });
  const own = hints.build === null ? [...assets.build, ...start.steps] : [buildStep(hints.build)];
  const site =
    hints.output !== null && isSite
      ? serveSite({ folder: hints.output, fallback: null, hashedAssets: false }, "24")
      : null;
  return {
    ok: true,
    plan: {
      stack: "python",
      findings: [
        ...version.findings,
        ...manager.findings,
        ...installation.findings,
        ...nativeFindings(dependencies, manager.file ?? ""),
        ...assets.findings,
        ...(hints.build === null ? [] : [{ what: "a build", from: "berth.yaml build" }]),
        ...start.findings,
      ],
      tools: {
        python: version.version,
        ...(manager.version === null ? {} : { [manager.name]: manager.version }),
        ...assets.tools,
      },
      steps: inOrder([...assets.install, ...installation.steps, ...own]),
      dockerfile: null,
      ...running(version, start, installation),
      ...assets.image,
      ...(site === null
        ? {}
        : {
            base: site.base,
            contents: site.contents,
            command: site.command,
            env: {},
            writable: [],
          }),
    },
  };
}

const nothingToStart =
  "Nothing here says how to start: there is no app object of a web framework and no main.py or app.py.";
const addStart =
  "Say it in berth.yaml, such as `command: gunicorn shop.wsgi`, or in a Procfile: `web: gunicorn shop.wsgi`.";

type Running = Pick<BuildPlan, "base" | "buildImage" | "contents" | "command" | "env" | "programs" | "writable">;

function running({ version }: PythonVersion, start: PythonStart, { steps, folders }: PythonInstallation): Running {
  const hasPackages = steps.length > 0;
  return {
    base: { image: `docker.io/library/python:${version}-slim`, digest: null },
    buildImage: { image: `docker.io/library/python:${version}`, digest: null },
    contents: { dependencies: folders, app: "all", support: [] },
    command: start.command,
    env: {
      // What could be compiled is; the image is read-only.
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONUNBUFFERED: "1",
      ...(hasPackages ? { PYTHONUSERBASE: `/app/${packagesFolder}` } : {}),
      ...start.env,
    },
    programs: hasPackages ? [programsFolder] : [],
    writable: start.writable,
  };
}

function siteStart(output: string | null): PythonStart {
  const findings = [{ what: `static site in ${output}`, from: "berth.yaml output" }];
  return { command: { argv: [] }, extra: [], env: {}, writable: [], steps: [], findings };
}

/** The build that berth.yaml says, with the packages in reach from whatever folder it works in. */
function buildStep(text: string): BuildStep {
  const command = commandFromText(text);
  const line = "argv" in command ? `exec ${text}` : text;
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    command: { shell: `PYTHONUSERBASE="$PWD/${packagesFolder}"; export PYTHONUSERBASE; ${line}` },
    env: { PYTHONDONTWRITEBYTECODE: "1" },
    caches: ["pip"],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
}

/** Steps of the dependency layer come first. */
function inOrder(steps: BuildStep[]): BuildStep[] {
  const isApp = ({ layer }: BuildStep) => layer === "app";
  return [...steps.filter((step) => !isApp(step)), ...steps.filter(isApp)];
}
