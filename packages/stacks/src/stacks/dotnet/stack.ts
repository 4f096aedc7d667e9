import { commandFromText, ownCommand, type BuildStep, type Command, type TreeView } from "@berth/core";
import { choosePrograms } from "../../programs.ts";
import { buildTimeoutMs, refuse, refuseOutput, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { findDotnetVersion, readDotnetVersion, readFramework } from "./dotnet-version.ts";
import { findPrograms, isProjectFile, type DotnetProgram } from "./project.ts";

/** Programs of .NET: what `dotnet publish` makes of each project that services start. */
export const dotnet: Stack = {
  name: "dotnet",
  reads: (path) => isProjectFile(path) || /^([^/]+\.slnx?|global\.json|Directory\.Build\.props)$/.test(path),
  detect(tree) {
    const [first] = findPrograms(tree);
    return first === undefined ? null : { what: ".NET", from: first.from };
  },
  plan: planDotnet,
  command: (text, tree) => dotnetCommand(text, findPrograms(tree)),
};

function planDotnet(tree: TreeView, hints: Hints): StackResult {
  const programs = findPrograms(tree);
  const problem = findProblem(programs, tree, hints);
  if (problem !== null) return problem;
  const chosen = choosePrograms(programs, hints);
  if (!chosen.ok) return chosen;
  const built = programs.filter((program) => chosen.built.includes(program));
  const startOf = (program: { name: string } | null) =>
    startProgram(programs.find(({ name }) => name === program?.name));
  const version = findDotnetVersion(tree, programs, hints.version);
  const kind = built.some(({ isWeb }) => isWeb) ? "aspnet" : "runtime";
  const { main, started } = chosen;
  return {
    ok: true,
    plan: {
      stack: "dotnet",
      findings: [
        version.finding,
        ...(version.sdk === version.runtime ? [] : [{ what: `the SDK ${version.sdk}`, from: "global.json" }]),
        ...(kind === "aspnet" ? [{ what: "ASP.NET Core", from: built.find(({ isWeb }) => isWeb)!.from }] : []),
        ...(hints.build === null ? [] : [{ what: "a build of its own", from: "berth.yaml build" }]),
        ...(hints.commandFrom === null ? [] : [{ what: ownCommand, from: hints.commandFrom }]),
        ...chosen.findings,
      ],
      base: { image: `mcr.microsoft.com/dotnet/${kind}:${version.runtime}`, digest: null },
      buildImage: { image: `mcr.microsoft.com/dotnet/sdk:${version.sdk}`, digest: null },
      dockerfile: null,
      tools: { dotnet: version.sdk },
      steps:
        hints.build === null
          ? built.map((program) => publishStep(program, tree, built.length))
          : [ownBuild(hints.build)],
      contents: { dependencies: [], app: hints.build === null ? built.map(placeOf) : "all", support: [] },
      command: startOf(main),
      env: { DOTNET_ENVIRONMENT: "Production" },
      programs: [],
      writable: [],
    },
    ...(started === null || started === main ? {} : { processes: { [hints.service]: startOf(started) } }),
  };
}

function findProblem(programs: readonly DotnetProgram[], tree: TreeView, hints: Hints) {
  if (hints.version !== null && readDotnetVersion(hints.version) === null) {
    return refuse(
      `${JSON.stringify(hints.version)} is no version of .NET.`,
      "berth.yaml",
      "Write it as in `version: 10`.",
    );
  }
  const unserved = refuseOutput(hints, "a program of .NET");
  if (unserved !== null) return unserved;
  if (hints.build !== null && hints.commandFrom === null) {
    return refuse(
      "berth.yaml says how to build, and nothing how to start what that makes.",
      "berth.yaml",
      "Add `command:`, such as `command: dotnet out/Shop.dll`, or leave `build:` out.",
    );
  }
  if (programs.length === 0) {
    const file = tree.paths.find(isProjectFile) ?? null;
    return refuse(
      "No project here makes a program.",
      file,
      "Programs have the Web or Worker SDK, or `<OutputType>Exe</OutputType>`; anything else needs a Dockerfile.",
    );
  }
  const foreign = programs.find(({ framework }) => framework !== null && readFramework(framework) === null);
  if (foreign === undefined) return null;
  return refuse(
    `${foreign.from} is made for ${foreign.framework}, which does not run on Linux.`,
    foreign.from,
    "Let its TargetFramework be such as net10.0.",
  );
}

/** Where a program is published to. */
function placeOf({ name }: DotnetProgram): string {
  return `.berth/${name}`;
}

function publishStep(program: DotnetProgram, tree: TreeView, count: number): BuildStep {
  const folder = program.from.includes("/") ? program.from.slice(0, program.from.lastIndexOf("/") + 1) : "";
  return {
    ...ownBuild(""),
    name: count === 1 ? "publish" : `publish ${program.name}`,
    command: {
      argv: [
        "dotnet",
        "publish",
        program.from,
        "--configuration",
        "Release",
        "--output",
        placeOf(program),
        "-p:UseAppHost=false",
        ...(program.isNative ? ["-p:PublishAot=false", "-p:PublishSingleFile=false"] : []),
        ...(tree.has(`${folder}packages.lock.json`) ? ["-p:RestoreLockedMode=true"] : []),
      ],
    },
  };
}

function ownBuild(text: string): BuildStep {
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    command: commandFromText(text),
    env: { DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" },
    caches: ["nuget"],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
}

/** Starts in the program's own folder, for there it looks for its settings and static files. The variable for the port is newer than the one for addresses. */
function startProgram(program: DotnetProgram | undefined): Command {
  if (program === undefined) return { argv: [] };
  const line = Number(program.framework === null ? NaN : readFramework(program.framework));
  const port = line < 8 ? "ASPNETCORE_URLS=http://0.0.0.0:$PORT" : "ASPNETCORE_HTTP_PORTS=$PORT";
  const argv = ["dotnet", `${program.assembly}.dll`];
  return { argv: ["env", "-C", placeOf(program), ...(program.isWeb ? [port] : []), ...argv] };
}

/** A command line; `dotnet run` and `dotnet Shop.dll` are the published program, with what follows. */
function dotnetCommand(text: string, programs: readonly DotnetProgram[]): Command {
  const command = commandFromText(text);
  if ("shell" in command) return command;
  const [tool, second = "", ...rest] = command.argv;
  if (tool !== "dotnet") return command;
  const at = rest.indexOf("--project");
  const asked = at === -1 ? "" : (rest[at + 1] ?? "");
  const program = programs.find(({ name, assembly, from }) => {
    if (second !== "run") return second === `${assembly}.dll`;
    return asked === "" ? programs.length === 1 : asked.includes(name) || from.startsWith(asked);
  });
  if (program === undefined) return command;
  const end = rest.indexOf("--");
  const further = second === "run" ? (end === -1 ? [] : rest.slice(end + 1)) : rest;
  const start = startProgram(program);
  return "argv" in start ? { argv: [...start.argv, ...further] } : command;
}
