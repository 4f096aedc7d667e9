import { commandFromText, ownCommand, type BuildStep, type Finding, type TreeView } from "@berth/core";
import { choosePrograms } from "../../programs.ts";
import { assetBuilds } from "../../assets.ts";
import { shippedFinding, shippedPaths, withMade } from "../../shipped.ts";
import { buildTimeoutMs, refuse, refuseOutput, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { certificateEnv } from "../../support/certificates.ts";
import { toolVersionFiles } from "../../tool-versions.ts";
import { findCgoNeed, type CgoNeed } from "./cgo.ts";
import { goCommand } from "./go-command.ts";
import { findGoVersion, readGoVersion } from "./go-version.ts";
import { outsideFolder, readModules, type GoSource } from "./modules.ts";
import { findPrograms, isOfInterest, moduleName, type GoProgram } from "./programs.ts";

const binFolder = ".berth/bin";

/** Programs of Go: static ones, of every module that can be built from the root. */
export const go: Stack = {
  name: "go",
  reads: (path) =>
    /^(go\.work|\.go-version|package\.json|[^/]+\/package\.json)$/.test(path) ||
    /(^|\/)go\.mod$/.test(path) ||
    toolVersionFiles.test(path) ||
    isOfInterest(path),
  detect(tree) {
    const from = ["go.mod", "go.work", "main.go"].find((path) => tree.has(path));
    if (from === undefined || findPrograms(tree, readModules(tree).modules).length === 0) return null;
    return { what: "Go", from };
  },
  plan: planGo,
  command: (text, tree) => goCommand(text, findPrograms(tree, readModules(tree).modules), tree),
};

function planGo(tree: TreeView, hints: Hints): StackResult {
  const source = readModules(tree);
  const problem = findProblem(tree, source, hints);
  if (problem !== null) return problem;
  const programs = findPrograms(tree, source.modules);
  if (programs.length === 0 && (hints.build === null || hints.commandFrom === null)) {
    return refuse(
      "There is no program in Go here: no package main in the root, below cmd/ or beside a main.go.",
      tree.has("go.mod") ? "go.mod" : null,
      "Name the folder of the module with `source:`, or say how to build and start it with `build:` and `command:`.",
    );
  }
  const names = source.modules.flatMap(({ mod }) => (mod === null ? [] : [moduleName(mod.module)]));
  const chosen = choosePrograms(programs, hints, names);
  if (!chosen.ok) return chosen;
  const { main, started } = chosen;
  const built = programs.filter((program) => chosen.built.includes(program));
  const version = findGoVersion(tree, source, hints.version);
  const requires = source.modules.flatMap(({ mod }) => mod?.requires ?? []);
  const cgo = findCgoNeed(requires);
  const usesCgo = cgo !== null || hints.buildEnv["CGO_ENABLED"] === "1";
  const shipped = shippedPaths(tree, isGoSource);
  const build = hints.build === null ? buildSteps(tree, source, built, usesCgo) : [ownBuild(hints.build, usesCgo)];
  return {
    ok: true,
    plan: {
      stack: "go",
      findings: [
        version.finding,
        ...dependencyFindings(tree, source),
        ...cgoFindings(cgo),
        ...assetBuilds(tree),
        ...(hints.build === null ? [] : [{ what: "a build of its own", from: "berth.yaml build" }]),
        ...(hints.commandFrom === null ? [] : [{ what: ownCommand, from: hints.commandFrom }]),
        ...chosen.findings,
        shippedFinding(shipped, "Go"),
      ],
      // Bookworm on both sides: what is linked to a C library must find one at least as new.
      base: { image: "docker.io/library/debian:bookworm-slim", digest: null },
      buildImage: { image: `docker.io/library/golang:${version.version}${usesCgo ? "-bookworm" : ""}`, digest: null },
      dockerfile: null,
      tools: { go: version.version },
      steps: build,
      contents: {
        dependencies: [],
        app: hints.build === null ? withMade(shipped, [binFolder]) : "all",
        support: ["certificates"],
      },
      command: { argv: main === null ? [] : [main.name] },
      env: { ...certificateEnv, ...(requires.includes("github.com/gin-gonic/gin") ? { GIN_MODE: "release" } : {}) },
      programs: hints.build === null ? [binFolder] : [binFolder, "bin", "."],
      writable: [],
    },
    ...(started === null || started === main ? {} : { processes: { [hints.service]: { argv: [started.name] } } }),
  };
}

function findProblem(tree: TreeView, source: GoSource, hints: Hints) {
  if (hints.version !== null && readGoVersion(hints.version) === null) {
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Go.`,
      "berth.yaml",
      'Write it as in `version: "1.26"` or `version: 1.26.3`.',
    );
  }
  const unserved = refuseOutput(hints, "a program in Go");
  if (unserved !== null) return unserved;
  const outside = outsideFolder(source);
  if (outside === null || tree.has("vendor/modules.txt")) return null;
  return refuse(
    `${outside.from} needs ${outside.folder}, which is outside the service's folder.`,
    outside.from,
    "Let `source:` be a folder that holds both, and choose the program with `command:`.",
  );
}

function buildSteps(tree: TreeView, source: GoSource, programs: readonly GoProgram[], usesCgo: boolean): BuildStep[] {
  const needsModules = source.modules.some(({ mod }) => mod?.hasRequires === true) && !tree.has("vendor/modules.txt");
  return programs.map(({ name, packages }) => ({
    name: programs.length === 1 ? "build" : `build ${name}`,
    layer: "app",
    inputs: "all",
    command: {
      argv: [
        "go",
        "build",
        "-trimpath",
        "-buildvcs=false",
        "-ldflags=-s -w",
        "-o",
        `${binFolder}/${name}`,
        ...packages,
      ],
    },
    env: goEnv(usesCgo),
    caches: ["go"],
    network: needsModules,
    timeoutMs: buildTimeoutMs,
  }));
}

function ownBuild(text: string, usesCgo: boolean): BuildStep {
  const command = commandFromText(text);
  const rest = { env: goEnv(usesCgo), caches: ["go"], network: true, timeoutMs: buildTimeoutMs };
  return { name: "build", layer: "app", inputs: "all", command, ...rest };
}

/** A static program unless something needs C; a newer toolchain is brought where go.mod asks for one. */
function goEnv(usesCgo: boolean): Record<string, string> {
  return { CGO_ENABLED: usesCgo ? "1" : "0", GOTOOLCHAIN: "auto" };
}

/** What only the compiler reads. */
function isGoSource(path: string): boolean {
  return (
    /(\.go|(^|\/)go\.(mod|sum|work|work\.sum)|^\.golangci\.(ya?ml|toml))$|(^|\/)(vendor|testdata)\//.test(path) ||
    path === ".go-version"
  );
}

function dependencyFindings(tree: TreeView, { modules }: GoSource): Finding[] {
  if (tree.has("vendor/modules.txt"))
    return [{ what: "dependencies of the vendor folder", from: "vendor/modules.txt" }];
  if (modules.every(({ mod }) => mod === null)) {
    return [
      { what: "no modules: only Go's own packages can be imported; `go mod init` changes that", from: "main.go" },
    ];
  }
  const without = modules.find(({ folder, mod }) => {
    const sum = folder === "." ? "go.sum" : `${folder}/go.sum`;
    return mod?.hasRequires === true && !tree.has(sum) && !tree.has("go.work.sum");
  });
  if (without === undefined) return [];
  return [{ what: "no go.sum: the build will refuse; run `go mod tidy` and commit it", from: "go.mod require" }];
}

function cgoFindings(need: CgoNeed | null): Finding[] {
  if (need === null) return [];
  const library = need.library === null ? "" : `, and ${need.library}, which the images lack: use a Dockerfile`;
  return [{ what: `needs cgo${library}`, from: need.module }];
}
