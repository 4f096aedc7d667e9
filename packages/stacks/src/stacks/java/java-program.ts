import type { Command } from "@berth/core";
import type { Program } from "../../programs.ts";

/** What serves in a program, and so how it learns its port. `classes`: jars without one that starts, with the class that does. */
export type JavaKind = "spring" | "quarkus" | "micronaut" | "jar" | "classes";

/** A module that is built into something that starts by itself. */
export interface JavaProgram extends Program {
  kind: JavaKind;
  /** The module's folder. */
  folder: string;
  /** The class that starts, for `classes`. */
  mainClass: string | null;
}

/** A project as one of its build tools sees it. */
export interface JavaProject {
  tool: "maven" | "gradle";
  /** What says that it is one. */
  from: string;
  programs: readonly JavaProgram[];
  /** What stands in the way of building it. */
  problem: { message: string; path: string; hint: string } | null;
  /** The language's version as the build's files say it; the least there is to run it. */
  release: { text: string; from: string } | null;
}

/** The folder or file of a program in the image. */
export function placeOf({ name, kind }: JavaProgram): string {
  return kind === "quarkus" || kind === "classes" ? `.berth/${name}` : `.berth/${name}.jar`;
}

/** How a program starts, told its port in the way of its framework; others read PORT themselves. */
export function startOf(program: JavaProgram): Command {
  const place = placeOf(program);
  switch (program.kind) {
    case "spring":
      return { argv: ["java", "-jar", place, "--server.port=$PORT"] };
    case "quarkus": {
      const properties = ["-Dquarkus.http.host=0.0.0.0", "-Dquarkus.http.port=$PORT"];
      return { argv: ["java", ...properties, "-jar", `${place}/quarkus-run.jar`] };
    }
    case "micronaut":
      return { argv: ["java", "-Dmicronaut.server.port=$PORT", "-jar", place] };
    case "classes":
      return { argv: ["java", "-cp", `${place}/*`, program.mainClass ?? "Main"] };
    case "jar":
      return { argv: ["java", "-jar", place] };
  }
}

/** A shell line that puts what a module's build made where it starts from: of several jars the largest, for that is the one with all in it. */
export function collectText(program: JavaProgram, tool: JavaProject["tool"]): string {
  const inside = (path: string) => (program.folder === "." ? path : `${program.folder}/${path}`);
  const output = inside(tool === "maven" ? "target" : "build");
  const jars = tool === "maven" ? output : `${output}/libs`;
  const place = placeOf(program);
  const largest = `"$(ls -S ${jars}/*.[jw]ar | grep -vE -e '-(sources|javadoc|tests|plain)\\.[jw]ar$' | head -n 1)"`;
  if (program.kind === "classes") return `mkdir -p ${place} && cp ${output}/install/*/lib/*.jar ${place}/`;
  if (program.kind !== "quarkus") return `mkdir -p .berth && cp ${largest} ${place}`;
  const folder = `${output}/quarkus-app`;
  return `mkdir -p ${place} && if [ -d ${folder} ]; then cp -R ${folder}/. ${place}; else cp ${largest} ${place}/quarkus-run.jar; fi`;
}
