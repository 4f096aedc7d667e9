import { posix } from "node:path";
import type { TreeView } from "@berth/core";
import type { JavaKind, JavaProgram, JavaProject } from "./java-program.ts";

const buildFiles = ["build.gradle.kts", "build.gradle"];
const settingsFiles = ["settings.gradle.kts", "settings.gradle"];
const wrapperJar = "gradle/wrapper/gradle-wrapper.jar";

interface GradlePart {
  folder: string;
  file: string;
  /** The text of its build file without comments. */
  text: string;
}

/** A Gradle project with its subprojects, as far as their files' text tells; null where there is none, or one for Android. */
export function readGradle(tree: TreeView): JavaProject | null {
  const settingsFile = settingsFiles.find((file) => tree.has(file));
  const from =
    buildFiles.find((file) => tree.has(file)) ?? settingsFile ?? (tree.has("gradlew") ? "gradlew" : undefined);
  if (from === undefined) return null;
  const settings = withoutComments(tree.read(settingsFile ?? "") ?? "");
  const parts = [".", ...includedFolders(settings)].flatMap((folder) => readPart(tree, folder));
  if (parts.some(({ text }) => /com\.android\.(application|library)/.test(text))) return null;
  const rootName = /rootProject\.name\s*=\s*["']([\w.-]+)["']/.exec(settings)?.[1] ?? "app";
  const programs = parts.flatMap((part) => programOf(part, rootName));
  return { tool: "gradle", from, programs, problem: wrapperProblem(tree, from), release: findRelease(parts) };
}

function readPart(tree: TreeView, folder: string): GradlePart[] {
  const file = buildFiles.map((name) => posix.join(folder, name)).find((path) => tree.has(path));
  return file === undefined ? [] : [{ folder, file, text: withoutComments(tree.read(file) ?? "") }];
}

/** `include("app", ":libs:store")` as folders. */
function includedFolders(settings: string): string[] {
  const lists = settings.matchAll(/^\s*include\b\s*\(?((?:\s*["'][\w:./-]+["']\s*,?)+)/gm);
  const names = [...lists].flatMap(([, list]) => [...list!.matchAll(/["']([^"']+)["']/g)].map((match) => match[1]!));
  return names.map((name) => name.replace(/^:/, "").replaceAll(":", "/"));
}

function programOf({ folder, file, text }: GradlePart, rootName: string): JavaProgram[] {
  const kind = kindOf(text);
  if (kind === null) return [];
  const mainClass = /mainClass(?:Name)?(?:\.set\(|\s*=)\s*["']([\w.$]+)["']/.exec(text)?.[1] ?? null;
  if (kind === "classes" && mainClass === null) return [];
  const name = folder === "." ? rootName : posix.basename(folder);
  return [{ name, from: file, isMain: folder === ".", kind, folder, mainClass }];
}

/** What the plugins make that starts by itself. */
function kindOf(text: string): JavaKind | null {
  const applied = text.replace(/^.*\bapply\s*\(?\s*false\b.*$/gm, "");
  const has = (pattern: RegExp) => pattern.test(applied);
  if (has(/["']org\.springframework\.boot["']|\.plugins\.(spring[.\w]*boot|springBoot|spring\b)/i)) return "spring";
  if (has(/["']io\.quarkus["']|\.plugins\.quarkus/i)) return "quarkus";
  if (has(/["']io\.micronaut\.application["']|\.plugins\.micronaut/i)) return "micronaut";
  if (has(/["']io\.ktor\.plugin["']|\.plugins\.ktor/i)) return "jar";
  if (has(/["'](com\.gradleup\.shadow|com\.github\.johnrengelman\.shadow)["']|\.plugins\.shadow/i)) return "jar";
  if (has(/["']application["']|`application`|^\s*application\s*$/m)) return "classes";
  return has(/Main-Class/) ? "jar" : null;
}

function wrapperProblem(tree: TreeView, from: string): JavaProject["problem"] {
  if (!tree.has("gradlew")) {
    const hint =
      "Run `gradle wrapper` and commit gradlew and the folder gradle/wrapper, so that each build has its own Gradle.";
    return { message: `${from} has no Gradle wrapper beside it.`, path: from, hint };
  }
  if (tree.has(wrapperJar)) return null;
  const hint = `Commit it; where .gitignore leaves out *.jar: git add -f ${wrapperJar}`;
  return { message: `The Gradle wrapper lacks ${wrapperJar}.`, path: wrapperJar, hint };
}

function findRelease(parts: readonly GradlePart[]): JavaProject["release"] {
  const patterns = [
    /JavaLanguageVersion\.of\(\s*["']?(\d+)/,
    /jvmToolchain\(\s*(\d+)/,
    /(?:sourceCompatibility|targetCompatibility|jvmTarget)(?:\.set\(|\s*=?)\s*(?:JavaVersion\.VERSION_|["']?)([\d._]+)/,
    /options\.release(?:\.set\(|\s*=)\s*(\d+)/,
  ];
  for (const { file, text } of parts) {
    for (const pattern of patterns) {
      const found = pattern.exec(text)?.[1];
      if (found !== undefined) return { text: found.replace("_", "."), from: file };
    }
  }
  return null;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** The task that makes what starts by itself. */
function taskOf({ kind, folder }: JavaProgram, text: string): string {
  const path = folder === "." ? "" : `:${folder.replaceAll("/", ":")}:`;
  const isKtor = /io\.ktor\.plugin|\.plugins\.ktor/.test(text);
  const isShadow = /shadow/.test(text);
  const jar = isKtor ? "buildFatJar" : isShadow ? "shadowJar" : "jar";
  const tasks = { spring: "bootJar", quarkus: "quarkusBuild", micronaut: "shadowJar", classes: "installDist", jar };
  return path + tasks[kind];
}

/** How Gradle is called: by the project's wrapper alone. */
export function gradleArgv(tree: TreeView, programs: readonly JavaProgram[]): string[] {
  const tasks = programs.map((program) => taskOf(program, tree.read(program.from) ?? ""));
  const all = ["assemble"];
  return ["sh", "gradlew", "--no-daemon", "--console=plain", ...(tasks.length === 0 ? all : tasks)];
}
