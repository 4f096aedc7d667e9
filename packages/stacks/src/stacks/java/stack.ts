import { commandFromText, ownCommand, type BuildStep, type Command, type Finding, type TreeView } from "@berth/core";
import { choosePrograms } from "../../programs.ts";
import { shippedPaths, withMade } from "../../shipped.ts";
import { buildTimeoutMs, refuse, refuseOutput, type Hints, type Stack, type StackResult } from "../../stack.ts";
import { toolVersionFiles } from "../../tool-versions.ts";
import { gradleArgv, readGradle } from "./gradle.ts";
import { collectText, placeOf, startOf, type JavaProgram, type JavaProject } from "./java-program.ts";
import { findJavaVersion, readJavaVersion } from "./java-version.ts";
import { mavenArgv, readMaven, usesMavenWrapper } from "./maven.ts";

/** The heap takes a share of what the instance may use, and leaves the rest to classes, threads and compiled code, which is much where memory is little. */
const toolOptions = "-XX:MaxRAMPercentage=60 -XX:+ExitOnOutOfMemoryError";

/** Programs for the JVM, built by Maven or by Gradle's wrapper. */
export const java: Stack = {
  name: "java",
  reads: (path) =>
    /(^|\/)(pom\.xml|build\.gradle(\.kts)?|settings\.gradle(\.kts)?)$/.test(path) ||
    /^(\.java-version|\.sdkmanrc|system\.properties)$/.test(path) ||
    toolVersionFiles.test(path),
  detect(tree) {
    const project = readProject(tree);
    if (project === null) return null;
    // What Node starts may have a library for the JVM in it.
    const isOwn = project.programs.length > 0 || project.problem !== null || !tree.has("package.json");
    return isOwn ? { what: "Java", from: project.from } : null;
  },
  plan: planJava,
  command: javaCommand,
};

function readProject(tree: TreeView): JavaProject | null {
  return readMaven(tree) ?? readGradle(tree);
}

function planJava(tree: TreeView, hints: Hints): StackResult {
  const project = readProject(tree);
  if (project === null) {
    return refuse(
      "There is neither a pom.xml nor a Gradle project.",
      null,
      "Correct `stack:` or `source:` in berth.yaml.",
    );
  }
  const problem = findProblem(project, hints);
  if (problem !== null) return problem;
  // A command of its own starts what the build leaves behind, where the build leaves it.
  const isOpen = hints.services.some(({ command }) => command !== null);
  const services = hints.services.filter(({ command }) => command === null);
  const chosen = choosePrograms(project.programs, { ...hints, services });
  if (!chosen.ok) return chosen;
  const built = project.programs.filter((program) => chosen.built.includes(program));
  const startProgram = (program: { name: string } | null): Command => {
    const found = project.programs.find(({ name }) => name === program?.name);
    return found === undefined ? { argv: [] } : startOf(found);
  };
  const version = findJavaVersion(tree, project.release, hints.version);
  const { main, started } = chosen;
  const made = [...built.map(placeOf), ...(isOpen ? outputs(project) : [])];
  const tool = project.tool === "maven" ? "maven:3-eclipse-temurin-" : "eclipse-temurin:";
  return {
    ok: true,
    plan: {
      stack: "java",
      findings: [
        version.finding,
        toolFinding(tree, project),
        ...frameworkFindings(built),
        ...(hints.build === null ? [] : [{ what: "a build of its own", from: "berth.yaml build" }]),
        ...(hints.commandFrom === null ? [] : [{ what: ownCommand, from: hints.commandFrom }]),
        ...chosen.findings,
      ],
      base: { image: `docker.io/library/eclipse-temurin:${version.version}-jre`, digest: null },
      buildImage: { image: `docker.io/library/${tool}${version.version}`, digest: null },
      dockerfile: null,
      tools: { java: version.version, ...(project.tool === "maven" && !usesMavenWrapper(tree) ? { maven: "3" } : {}) },
      steps: [buildStep(tree, project, isOpen ? [] : built, hints.build), ...collectSteps(built, project.tool)],
      contents: { dependencies: [], app: withMade(shippedPaths(tree, isJavaSource), made), support: [] },
      command: startProgram(main),
      env: { JAVA_TOOL_OPTIONS: toolOptions },
      programs: [],
      writable: [],
    },
    ...(started === null || started === main ? {} : { processes: { [hints.service]: startProgram(started) } }),
  };
}

function findProblem(project: JavaProject, hints: Hints) {
  if (hints.version !== null && readJavaVersion(hints.version) === null) {
    return refuse(
      `${JSON.stringify(hints.version)} is no version of Java.`,
      "berth.yaml",
      "Write it as in `version: 21`.",
    );
  }
  const unserved = refuseOutput(hints, "a program for the JVM");
  if (unserved !== null) return unserved;
  const { problem, programs, from } = project;
  if (problem !== null && hints.build === null) return refuse(problem.message, problem.path, problem.hint);
  if (programs.length > 0 || hints.commandFrom !== null) return null;
  const makers =
    project.tool === "maven"
      ? "spring-boot-maven-plugin, maven-shade-plugin, or maven-jar-plugin with a mainClass"
      : "Spring Boot's plugin, the shadow plugin, or the application plugin with a mainClass";
  return refuse(
    `${from} makes nothing that starts by itself.`,
    from,
    `Add ${makers}; or say how to start what it makes: \`command: java -cp …\`.`,
  );
}

function buildStep(
  tree: TreeView,
  project: JavaProject,
  programs: readonly JavaProgram[],
  own: string | null,
): BuildStep {
  const argv = project.tool === "maven" ? mavenArgv(tree, programs) : gradleArgv(tree, programs);
  return {
    name: "build",
    layer: "app",
    inputs: "all",
    command: own === null ? { argv } : commandFromText(own),
    env: {},
    caches: [project.tool],
    network: true,
    timeoutMs: buildTimeoutMs,
  };
}

function collectSteps(programs: readonly JavaProgram[], tool: JavaProject["tool"]): BuildStep[] {
  return programs.map((program) => ({
    name: programs.length === 1 ? "collect" : `collect ${program.name}`,
    layer: "app",
    inputs: "all",
    command: { shell: collectText(program, tool) },
    env: {},
    caches: [],
    network: false,
    timeoutMs: 60_000,
  }));
}

/** Where the build tools put what they make. */
function outputs({ tool, programs }: JavaProject): string[] {
  const folders = [...new Set([".", ...programs.map(({ folder }) => folder)])];
  const names = tool === "maven" ? ["target"] : ["build/libs", "build/install"];
  return folders.flatMap((folder) => names.map((name) => (folder === "." ? name : `${folder}/${name}`)));
}

/** What only the build reads; resources are in the jar. */
function isJavaSource(path: string): boolean {
  return /\.(java|kt|kts|groovy|scala|gradle)$|(^|\/)(pom\.xml|src|gradle|buildSrc|\.mvn|\.gradle|mvnw(\.cmd)?|gradlew(\.bat)?|gradle\.properties|lombok\.config)(\/|$)|^(\.java-version|\.sdkmanrc|system\.properties)$/.test(
    path,
  );
}

function toolFinding(tree: TreeView, { tool, from }: JavaProject): Finding {
  if (tool === "gradle") return { what: "Gradle's wrapper", from: "gradlew" };
  return usesMavenWrapper(tree) ? { what: "Maven's wrapper", from: "mvnw" } : { what: "Maven", from };
}

const frameworks = { spring: "Spring Boot", quarkus: "Quarkus", micronaut: "Micronaut", jar: null, classes: null };

function frameworkFindings(programs: readonly JavaProgram[]): Finding[] {
  const found = new Map(programs.map(({ kind, from }) => [frameworks[kind], from]));
  return [...found].flatMap(([what, from]) => (what === null ? [] : [{ what, from }]));
}

/** A command line; one with options in a variable of its own needs a shell, which takes an empty one for none. */
function javaCommand(text: string): Command {
  const command = commandFromText(text);
  if ("shell" in command) return command;
  const isOpen = command.argv.some((word) => /^\$\{?(?!PORT\b)\w+\}?$/.test(word));
  return isOpen ? { shell: `exec ${text.trim()}` } : command;
}
