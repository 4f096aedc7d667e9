import type { BuildStep, Command, Finding, TreeView } from "@berth/core";
import { installTimeoutMs } from "../../stack.ts";
import { environmentFolder, packagesFolder } from "./layout.ts";
import type { PythonManager } from "./manager.ts";
import { readRequirements } from "./project.ts";
import type { Pyproject } from "./pyproject.ts";
import { compile, relocate } from "./relocate.ts";

/** How the dependencies come to be, and where they lie. */
export interface PythonInstallation {
  steps: BuildStep[];
  /** The folders of the dependency layer. */
  folders: string[];
  findings: Finding[];
}

const pip = ["python3", "-m", "pip", "--python", environmentFolder, "install", "--no-compile"];

/**
 * Fills a virtual environment with the project's own package manager, adds what Berth brings (`extra`, requirements such
 * as `gunicorn==23.0.0`), then takes out of it what ties it to its folder and interpreter, and compiles it.
 */
export function planInstall(
  tree: TreeView,
  pyproject: Pyproject | null,
  manager: PythonManager,
  extra: readonly string[],
): PythonInstallation {
  if (manager.name === "none" && extra.length === 0) return { steps: [], folders: [], findings: [] };
  const requirements = manager.name === "pip" ? readRequirements(tree) : null;
  const local = whyAll(tree, pyproject, manager, requirements?.installsSource ?? false);
  const shared = {
    layer: local === null ? ("dependencies" as const) : ("app" as const),
    inputs: local === null ? inputs(tree, manager, requirements?.files ?? []) : ("all" as const),
    timeoutMs: installTimeoutMs,
  };
  const step = (name: string, command: Command, more: Partial<BuildStep> = {}): BuildStep => ({
    name,
    command,
    env: {},
    caches: [],
    network: false,
    ...shared,
    ...more,
  });
  const online = (name: string, command: Command, env: Record<string, string>, caches: string[]) =>
    step(name, command, { env, caches, network: true });
  const own = installCommand(pyproject, manager, requirements?.isEditable === true, extra);
  const isPip = ["pip", "source", "none"].includes(manager.name);
  return {
    steps: [
      step("environment", { argv: ["python3", "-m", "venv", "--without-pip", environmentFolder] }),
      online("install", own, installEnv(manager), [isPip ? "pip" : manager.name]),
      ...(isPip || extra.length === 0 ? [] : [online("server", { argv: [...pip, ...extra] }, pipEnv, ["pip"])]),
      step("relocate", { shell: relocate }),
      step("compile", { shell: compile }),
    ],
    folders: local === null ? [packagesFolder] : [],
    findings: [
      ...(manager.isLocked || manager.name === "none" ? [] : [{ what: notLocked(manager), from: manager.file ?? "" }]),
      ...(local === null
        ? []
        : [
            {
              what: `dependencies are installed in each build, for ${local} is part of them`,
              from: manager.file ?? "",
            },
          ]),
    ],
  };
}

function notLocked({ name, file }: PythonManager): string {
  const what = name === "pip" && file !== "pyproject.toml" ? "no version is pinned" : "no lockfile";
  return `${what}: versions may differ from build to build`;
}

const pipEnv = { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_ROOT_USER_ACTION: "ignore" };

function installEnv(manager: PythonManager): Record<string, string> {
  switch (manager.name) {
    case "uv":
      return {
        UV_PROJECT_ENVIRONMENT: environmentFolder,
        // The Python that the builder has brought, whatever else is on the machine.
        UV_PYTHON: "python3",
        UV_PYTHON_DOWNLOADS: "never",
        UV_LINK_MODE: "copy",
        UV_NO_PROGRESS: "1",
      };
    case "pipenv":
      // Pip reads it the other way round: without this it compiles files that the end of the installation compiles.
      return { PIPENV_VERBOSITY: "-1", PIPENV_NOSPIN: "1", PIP_NO_COMPILE: "0", ...pipEnv };
    case "poetry":
      return { POETRY_INSTALLER_PARALLEL: "true" };
    default:
      return pipEnv;
  }
}

function installCommand(
  pyproject: Pyproject | null,
  manager: PythonManager,
  isEditable: boolean,
  extra: readonly string[],
): Command {
  // The environment is named by its path from the root: these programs look at it from other folders too.
  const inEnvironment = (command: string): Command => ({
    shell: `VIRTUAL_ENV="$PWD/${environmentFolder}"; export VIRTUAL_ENV; exec ${command}`,
  });
  switch (manager.name) {
    case "uv":
      return {
        argv: ["uv", "sync", "--locked", "--no-dev", "--no-editable", "--no-install-project"],
      };
    case "poetry":
      return inEnvironment("poetry install --only main --no-root --no-interaction --no-ansi");
    case "pipenv":
      return inEnvironment(
        manager.isLocked ? "pipenv install --deploy --ignore-pipfile" : "pipenv install --skip-lock",
      );
    case "source":
      return { argv: [...pip, ".", ...extra] };
    case "none":
      return { argv: [...pip, ...extra] };
    case "pip":
      break;
  }
  if (manager.file === "pyproject.toml") return { argv: [...pip, ...(pyproject?.dependencies ?? []), ...extra] };
  const file = manager.file ?? "requirements.txt";
  if (!isEditable) return { argv: [...pip, "-r", file, ...extra] };
  // Installed for good rather than as a link into the folder of the build. Paths in it are relative to this folder.
  const copy = ".berth/requirements.txt";
  const tail = [copy, ...extra].join(" ");
  return {
    shell: `sed -E 's/^(-e|--editable)[ =]+//' ${file} > ${copy} && exec ${[...pip, "-r", tail].join(" ")}`,
  };
}

/** What makes an installation depend on the source itself; null where manifests and lockfile say all. */
function whyAll(
  tree: TreeView,
  pyproject: Pyproject | null,
  manager: PythonManager,
  installsSource: boolean,
): string | null {
  if (manager.name === "source" || installsSource) return "the project itself";
  if (manager.name === "pip" && manager.file === "pyproject.toml")
    return pyproject?.dependencies.some((each) => /@\s*file:/.test(each)) === true
      ? "a package of the repository"
      : null;
  const text = `${manager.name === "pipenv" ? (tree.read("Pipfile") ?? "") : (tree.read("pyproject.toml") ?? "")}`;
  const isLocal = /\bpath\s*=\s*["']|\bworkspace\s*=\s*true|@\s*file:|\[tool\.uv\.workspace\]/.test(text);
  return manager.name !== "pip" && isLocal ? "a package of the repository" : null;
}

/** What decides about an installation, where it is there. */
function inputs(tree: TreeView, manager: PythonManager, requirements: readonly string[]): string[] {
  const files: Record<string, readonly string[]> = {
    uv: ["pyproject.toml", "uv.lock", "uv.toml"],
    poetry: ["pyproject.toml", "poetry.lock", "poetry.toml"],
    pipenv: ["Pipfile", "Pipfile.lock"],
    pip: manager.file === "pyproject.toml" ? ["pyproject.toml"] : [...requirements, "pip.conf"],
    none: [],
  };
  return [...new Set(files[manager.name] ?? [])].filter((path) => tree.has(path)).toSorted();
}
