import { imageAnnotations, parseImageName, shortImage, unfitParts } from "@berth/core";
import type { BuildFailure, BuildPlan, Platform } from "@berth/core";
import type { Base, ImageSpec, Layer } from "@berth/images";

/** The annotation that says which Node an image was built with, and is to run with. */
export const nodeAnnotation = "dev.berth.node";

/** Tools that an app's command may call while it runs; others are needed to build it only. */
const runtimeTools: ReadonlySet<string> = new Set([
  "node",
  "bun",
  "deno",
  "python",
  "ruby",
  "php",
  "java",
  "erlang",
  "elixir",
  "dotnet",
]);

/** What an official image calls the version of what it brings. */
const versionVariables: Record<string, string> = {
  NODE_VERSION: "node",
  PYTHON_VERSION: "python",
  RUBY_VERSION: "ruby",
  PHP_VERSION: "php",
  JAVA_VERSION: "java",
};

/** What was made of a plan, ready to become an image. */
export interface BuiltParts {
  plan: BuildPlan;
  layers: readonly Layer[];
  platform: Platform;
  base: Base | null;
  tools: Readonly<Record<string, string>>;
  abi: Readonly<Record<string, string>>;
}

/** The image of a plan's layers: what it says of itself lets a runtime tell whether it fits. */
export function makeImageSpec({ plan, layers, platform, base, tools, abi }: BuiltParts): ImageSpec {
  const wanted = Object.keys(plan.tools).filter((tool) => runtimeTools.has(tool));
  // With a base these are its tools, the same wherever it was built.
  const known = { ...tools, ...(base !== null && baseTools(base)) };
  const versions = Object.fromEntries(
    wanted.flatMap((tool) => (known[tool] === undefined ? [] : [[tool, known[tool]]])),
  );
  const libc = abi["glibc"] !== undefined ? "glibc" : abi["musl"] !== undefined ? "musl" : "";
  return {
    layers,
    platform: base?.platform ?? platform,
    on: base,
    base: plan.base,
    command: plan.command,
    env: plan.env,
    programs: plan.programs,
    writable: plan.writable,
    annotations: {
      [imageAnnotations.stack]: plan.stack,
      [imageAnnotations.platform]: [platform.os, platform.architecture, libc].join("/"),
      ...annotation(imageAnnotations.tools, versions),
      ...annotation(imageAnnotations.abi, abi),
      ...(versions["node"] !== undefined && { [nodeAnnotation]: versions["node"] }),
    },
  };
}

function annotation(name: string, values: Readonly<Record<string, string>>): Record<string, string> {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.length === 0 ? {} : { [name]: JSON.stringify(Object.fromEntries(sorted)) };
}

/** Official images whose tag says the version, and how many parts of it have to be there to tell. */
const taggedVersions: Record<string, { tool: string; parts: number }> = {
  "library/node": { tool: "node", parts: 1 },
  "library/python": { tool: "python", parts: 2 },
  "library/ruby": { tool: "ruby", parts: 2 },
  "library/php": { tool: "php", parts: 2 },
  "library/eclipse-temurin": { tool: "java", parts: 1 },
};

/** The languages that an image brings: by what its environment says, else by its tag. */
export function baseTools(base: Pick<Base, "env" | "image">): Record<string, string> {
  const found = base.env.flatMap((line) => {
    const [name = "", version = ""] = line.split("=", 2);
    const tool = versionVariables[name];
    return tool === undefined ? [] : [[tool, version.replace(/^(jdk-|v)/, "")]];
  });
  return { ...taggedVersion(base.image), ...Object.fromEntries(found) };
}

function taggedVersion(image: string): Record<string, string> {
  const { repository, tag } = parseImageName(image);
  const known = taggedVersions[repository];
  const version = /^\d+(\.\d+)*/.exec(tag)?.[0];
  if (known === undefined || version === undefined || version.split(".").length < known.parts) return {};
  return { [known.tool]: version };
}

/** The failure of a build whose parts do not fit the base they are to lie on; null where they do. */
export function unfitForBase(
  { platform, tools, abi, base, plan }: BuiltParts,
  builder: { usesBuildImage: boolean },
): BuildFailure | null {
  if (base === null) return null;
  const name = shortImage(base.image);
  const place = { name, platform: base.platform, needsBase: true, glibc: base.glibc, tools: baseTools(base) };
  const isOther = base.platform.os !== platform.os || base.platform.architecture !== platform.architecture;
  const text = ({ os, architecture }: Platform) => `${os}/${architecture}`;
  const reason = isOther
    ? `It was built for ${text(platform)}, and ${name} is ${text(base.platform)}.`
    : unfitParts({ platform, tools, abi }, place);
  if (reason === null) return null;
  const other = plan.buildImage === null ? "" : ` built in ${shortImage(plan.buildImage.image)}`;
  return {
    step: "image",
    message: reason.replace(/\.$/, ""),
    hint: builder.usesBuildImage
      ? "Choose a base that fits with `base:` in berth.yaml."
      : `Build with Docker (BERTH_BUILDER=docker), where it is${other || " built in a fitting image"}, or choose a base that fits this machine with \`base:\` in berth.yaml.`,
    exitCode: null,
    lines: [],
  };
}
