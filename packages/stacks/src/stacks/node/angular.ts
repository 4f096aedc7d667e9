import { server, siteIn, type Outcome, type Project } from "./framework.ts";

/** The output folder of Angular's build, which depends on the builder; with server rendering, the server beside it. */
export function angularOutcome({ tree, manifest }: Project): Outcome {
  const { name, builder, outputPath, outputMode } = readProject(tree.read("angular.json"));
  const base = outputPath ?? `dist/${name}`;
  const isApplication = builder.endsWith(":application");
  if (isApplication && "@angular/ssr" in manifest.dependencies && outputMode !== "static") {
    return server("node", `${base}/server/server.mjs`);
  }
  return siteIn(isApplication ? `${base}/browser` : base, "index.html");
}

interface AngularProject {
  name: string;
  builder: string;
  outputPath: string | null;
  outputMode: string | null;
}

/** The default project of angular.json, or the first one that is an application. */
function readProject(text: string | undefined): AngularProject {
  const projects = Object.entries(member(parse(text), "projects"));
  const [name, project] = projects.find(([, each]) => textOf(each, "projectType") !== "library") ?? ["app", {}];
  const build = member(member(project, "architect"), "build");
  const options = member(build, "options");
  return {
    name,
    builder: textOf(build, "builder") ?? "@angular/build:application",
    outputPath: textOf(options, "outputPath") ?? textOf(member(options, "outputPath"), "base"),
    outputMode: textOf(options, "outputMode"),
  };
}

function parse(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}

function member(value: unknown, key: string): object {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === "object" && found !== null ? found : {};
}

function textOf(value: unknown, key: string): string | null {
  const found: unknown = typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
  return typeof found === "string" ? found.replace(/^\.\//, "") : null;
}
