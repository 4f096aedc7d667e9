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
  const app = contents.app === "all" ? ["all files, and what the steps make of them"] : contents.app;
  return [
    ["image", [`on ${shortImage(base.image)}`]],
    ...(dependencies.length === 0 ? [] : [["", [`dependencies: ${dependencies.join(", ")}`]] satisfies Fact]),
    ...(contents.support.length === 0 ? [] : [["", [`from Berth: ${contents.support.join(", ")}`]] satisfies Fact]),
    ["", [`app: ${app.join(", ")}`]],
    ...(programs.length === 0 ? [] : [["", [`programs found in: ${programs.join(", ")}`]] satisfies Fact]),
  ];
}

function folderText(folder: string): string {
  return folder.endsWith("/") ? folder : `${folder}/`;
}
