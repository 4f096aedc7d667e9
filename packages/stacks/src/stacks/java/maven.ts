import { posix } from "node:path";
import type { TreeView } from "@berth/core";
import type { JavaKind, JavaProgram, JavaProject } from "./java-program.ts";
import { readPom, type Pom } from "./pom.ts";

interface Module {
  folder: string;
  pom: Pom;
}

const mostDepth = 5;

/** A Maven project with all its modules; null where there is no pom.xml. */
export function readMaven(tree: TreeView): JavaProject | null {
  if (!tree.has("pom.xml")) return null;
  const read = readModules(tree, ".");
  const [root] = read.modules;
  if (root === undefined || read.wrong !== null) {
    const path = read.wrong ?? "pom.xml";
    return {
      ...nothing,
      problem: { message: `${path} is no pom.`, path, hint: "Correct it: `mvn validate` says what is wrong." },
    };
  }
  const programs = read.modules.flatMap((module) => programOf(tree, module, root.pom));
  const war = read.modules.find(({ pom }) => pom.packaging === "war");
  const message = "A war needs a servlet container, and Berth starts programs.";
  const hint =
    "Let spring-boot-maven-plugin make it start by itself, package it as a jar, or use a Dockerfile of Tomcat.";
  const path = posix.join(war?.folder ?? ".", "pom.xml");
  const problem = programs.length > 0 || war === undefined ? null : { message, path, hint };
  return { tool: "maven", from: "pom.xml", programs, problem, release: findRelease(read.modules) };
}

const nothing = { tool: "maven", from: "pom.xml", programs: [], release: null } as const;

function readModules(tree: TreeView, folder: string, depth = 0): { modules: Module[]; wrong: string | null } {
  const path = posix.join(folder, "pom.xml");
  const text = tree.read(path);
  if (text === undefined && folder !== ".") return { modules: [], wrong: null };
  const pom = text === undefined ? null : readPom(text);
  if (pom === null) return { modules: [], wrong: path };
  const inner =
    depth === mostDepth ? [] : pom.modules.map((name) => readModules(tree, posix.join(folder, name), depth + 1));
  return {
    modules: [{ folder, pom }, ...inner.flatMap(({ modules }) => modules)],
    wrong: inner.find(({ wrong }) => wrong !== null)?.wrong ?? null,
  };
}

function programOf(tree: TreeView, { folder, pom }: Module, root: Pom): JavaProgram[] {
  if (pom.packaging === "pom") return [];
  const inherits = folder !== "." && pom.parent === root.artifactId;
  const kind = kindOf(pom) ?? (inherits && hasMain(tree, folder) ? kindOf(root) : null);
  if (kind === null || (pom.packaging === "war" && kind !== "spring")) return [];
  const name = folder === "." ? pom.artifactId : posix.basename(folder);
  return [{ name, from: posix.join(folder, "pom.xml"), isMain: folder === ".", kind, folder, mainClass: null }];
}

/** What the plugins make that starts by itself. */
function kindOf({ plugins, groups, hasMainClass }: Pom): JavaKind | null {
  if (plugins.has("spring-boot-maven-plugin")) return "spring";
  if (plugins.has("quarkus-maven-plugin")) return "quarkus";
  const isFat = plugins.has("micronaut-maven-plugin") || plugins.has("maven-shade-plugin") || hasMainClass;
  if (!isFat) return null;
  return [...groups].some((group) => group === "io.micronaut" || group.startsWith("io.micronaut."))
    ? "micronaut"
    : "jar";
}

/** Whether a module that inherits what makes programs looks like one. */
function hasMain(tree: TreeView, folder: string): boolean {
  return tree.paths.some(
    (path) => path.startsWith(`${folder}/src/main/`) && /\/\w*(Application|Main)\.(java|kt)$/.test(path),
  );
}

function findRelease(modules: readonly Module[]): JavaProject["release"] {
  for (const { folder, pom } of modules) {
    const file = posix.join(folder, "pom.xml");
    for (const name of [
      "maven.compiler.release",
      "java.version",
      "maven.compiler.target",
      "maven.compiler.source",
      "jdk.version",
    ]) {
      const text = pom.properties[name];
      if (text !== undefined && !text.includes("${")) return { text, from: `${file} ${name}` };
    }
    if (pom.release !== null) return { text: pom.release, from: `${file} maven-compiler-plugin` };
  }
  return null;
}

/** With it jars come out the same whenever they are built. Source: Maven, "Configuring for Reproducible Builds". */
const timestamp = "project.build.outputTimestamp";

/** How Maven is called: by the project's wrapper where it has one. Its profile `production` is what Vaadin and others build for it. */
export function mavenArgv(tree: TreeView, programs: readonly JavaProgram[]): string[] {
  const pom = readPom(tree.read("pom.xml") ?? "");
  const folders = [...new Set(programs.map(({ folder }) => folder))];
  const isPart = folders.length > 0 && !folders.includes(".");
  return [
    ...(usesMavenWrapper(tree) ? ["sh", "mvnw"] : ["mvn"]),
    "--batch-mode",
    "--no-transfer-progress",
    "-DskipTests",
    ...(pom?.properties[timestamp] === undefined ? [`-D${timestamp}=2000-01-01T00:00:00Z`] : []),
    ...(pom?.profiles.has("production") === true ? ["-Pproduction"] : []),
    ...(isPart ? ["--projects", folders.join(","), "--also-make"] : []),
    "package",
  ];
}

export function usesMavenWrapper(tree: TreeView): boolean {
  return tree.has("mvnw") && tree.has(".mvn/wrapper/maven-wrapper.properties");
}
