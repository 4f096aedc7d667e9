import { type BuildPlan, shortImage } from "@berth/core";
import type { Fact } from "./layout.ts";

/** What the image lies on, and what each of its layers holds. */
export function imageFacts({ base, contents, steps, dockerfile, programs }: BuildPlan): Fact[] {
  if (dockerfile !== null) {
    const from = base.image.endsWith("/scratch:latest") ? "what its FROM says" : shortImage(base.image);
    return [["image", [`on ${from}`]]];
  }
  const hasInstall = steps.some(({ layer }) => layer === "dependencies");
  const dependencies = contents.dependencies.length > 0 && hasInstall ? contents.dependencies.map(folderText) : [];
  // A site's build has programs that its image lacks.
  const isInside = (folder: string) =>
    [...contents.dependencies, ...contents.app].some((kept) => isBelow(folder, kept));
  const found = contents.app === "all" ? programs : programs.filter(isInside);
  const app = contents.app === "all" ? ["all files, and what the steps make of them"] : contents.app;
  return [
    ["image", [`on ${shortImage(base.image)}`]],
    ...(dependencies.length === 0 ? [] : [["", [`dependencies: ${dependencies.join(", ")}`]] satisfies Fact]),
    ...(contents.support.length === 0 ? [] : [["", [`from Berth: ${contents.support.join(", ")}`]] satisfies Fact]),
    ["", [`app: ${app.join(", ")}`]],
    ...(found.length === 0 ? [] : [["", [`programs found in: ${found.join(", ")}`]] satisfies Fact]),
  ];
}

function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folderText(folder));
}

function folderText(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}
