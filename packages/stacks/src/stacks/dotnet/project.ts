import { posix } from "node:path";
import type { TreeView } from "@berth/core";
import type { Program } from "../../programs.ts";
import { nodesAt, readXml, textAt, type XmlNode } from "../../xml.ts";

/** A project that makes a program. */
export interface DotnetProgram extends Program {
  /** The name of its assembly. */
  assembly: string;
  /** Whether it is made with ASP.NET Core. */
  isWeb: boolean;
  /** The framework it is made for, such as `net9.0`; null where the file does not tell. */
  framework: string | null;
  /** Whether it would be published as something else than what `dotnet` starts. */
  isNative: boolean;
}

export const isProjectFile = (path: string) =>
  /\.(cs|fs|vb)proj$/.test(path) && !/(^|\/)(bin|obj|node_modules)\//.test(path);

/** The projects of a source that make programs: those of its solution, else all. Tests are none. */
export function findPrograms(tree: TreeView): DotnetProgram[] {
  const files = solutionProjects(tree) ?? tree.paths.filter(isProjectFile);
  const common = readXml(tree.read("Directory.Build.props") ?? "");
  const programs = files.flatMap((path) => readProgram(tree, path, common));
  const webs = programs.filter(({ isWeb }) => isWeb);
  return programs.map((program) => {
    const isAlone = webs.length === 1 && program.isWeb && programs.length > 1;
    return { ...program, isMain: isAlone || (!program.from.includes("/") && programs.length === 1) };
  });
}

/** The projects that the solution in the root lists; null without one, or where there are several. */
function solutionProjects(tree: TreeView): string[] | null {
  const solutions = tree.paths.filter((path) => /^[^/]+\.slnx?$/.test(path));
  const [solution] = solutions;
  if (solution === undefined || solutions.length > 1) return null;
  const text = tree.read(solution) ?? "";
  const listed = text.matchAll(/"([^"]+\.(?:cs|fs|vb)proj)"/g);
  const paths = [...listed]
    .map((match) => posix.normalize(match[1]!.replaceAll("\\", "/")))
    .filter((path) => tree.has(path));
  return paths.length === 0 ? null : [...new Set(paths)];
}

function readProgram(tree: TreeView, path: string, common: XmlNode | null): DotnetProgram[] {
  const project = readXml(tree.read(path) ?? "");
  if (project?.name !== "Project") return [];
  const property = (name: string) => textAt(project, "PropertyGroup", name) ?? textAt(common, "PropertyGroup", name);
  const all = (item: string) =>
    nodesAt(project, "ItemGroup", item).map(({ attributes }) => attributes["Include"] ?? "");
  const packages = all("PackageReference");
  const isTest =
    property("IsTestProject") === "true" ||
    packages.some((name) => /^(Microsoft\.NET\.Test\.Sdk|MSTest|TUnit)$/.test(name));
  const sdk = project.attributes["Sdk"] ?? "";
  const isWeb =
    sdk.startsWith("Microsoft.NET.Sdk.Web") || all("FrameworkReference").includes("Microsoft.AspNetCore.App");
  const isExe = /^exe$/i.test(property("OutputType") ?? "") || /\.Sdk\.(Web|Worker)$/.test(sdk.split("/", 1)[0]!);
  if (isTest || !isExe) return [];
  const name = posix.basename(path).replace(/\.\w+$/, "");
  return [
    {
      name,
      from: path,
      isMain: false,
      assembly: property("AssemblyName") ?? name,
      isWeb,
      framework: (property("TargetFramework") ?? property("TargetFrameworks"))?.split(";")[0]!.trim() ?? null,
      isNative: property("PublishAot") === "true" || property("PublishSingleFile") === "true",
    },
  ];
}
