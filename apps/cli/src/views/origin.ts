import type { ImageOrigin } from "@berth/core";
import { baseOf, shortImage, sizeText } from "@berth/core/light";
import { count } from "../framework/output.ts";
import { duration } from "../framework/units.ts";
import { shortDigest } from "./digest.ts";

/** How the image of a service was made, as rows of a name and what there is to say. */
export function originRows(origin: ImageOrigin, version: number): string[][] {
  return [...imageRows(origin), ...buildRows(origin), ...proofRows(origin, version)];
}

function imageRows({ image, sizeBytes, layers }: ImageOrigin): string[][] {
  if (sizeBytes === null) return [["image", `${image}  it is not there any more`]];
  const base = layers.filter(({ holds }) => holds === "base");
  const baseBytes = base.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const made = layers.filter(({ holds }) => holds === "dockerfile");
  const madeBytes = made.reduce((sum, layer) => sum + layer.sizeBytes, 0);
  const parts = [
    ...(made.length > 0 ? [`${made.length} of the Dockerfile ${sizeText(madeBytes)}`] : []),
    ...(base.length > 0 ? [`${base.length} of the base ${sizeText(baseBytes)}`] : []),
    ...layers
      .filter(({ holds }) => holds !== "base" && holds !== "dockerfile")
      .map(({ holds, sizeBytes: bytes }) => `${holds} ${sizeText(bytes)}`),
  ];
  return [
    ["image", `${image}  ${sizeText(sizeBytes)}`],
    ["layers", parts.join(", ")],
  ];
}

function buildRows({ provenance, layers }: ImageOrigin): string[][] {
  if (provenance === null) return [["built", "the record of its build is gone"]];
  const { plan, builder, platform, tools, abi, buildEnv, buildSecrets, startedAt, finishedAt } = provenance;
  const { buildImage, toolImages = {} } = plan;
  const base = baseOf(provenance);
  const findings = plan.findings.map(({ what, from }) => `${what} (${from})`);
  const place = [`${platform.os}/${platform.architecture}`, platform.libc].filter((part) => part !== null).join(" ");
  const isOnBase = layers.some(({ holds }) => holds === "base");
  const isForeign = plan.dockerfile !== null;
  const notes = isForeign || isOnBase || base?.digest != null ? "" : "  not in the image: this machine stands for it";
  return [
    ["stack", `${plan.stack}${findings.length === 0 ? "" : `: ${findings.join(", ")}`}`],
    ...(base === null ? [] : [["base", `${imageText(base)}${notes}`]]),
    ...(buildImage?.digest == null ? [] : [["built in", imageText(buildImage)]]),
    ...Object.entries(toolImages).flatMap(([tool, image]) =>
      image.digest === null ? [] : [[`${tool} of`, imageText(image)]],
    ),
    ["built", `by ${builder.name} ${builder.version} on ${place} in ${duration(finishedAt - startedAt)}`],
    ...plan.steps.map(({ layer, command }, index) => [
      index === 0 ? "steps" : "",
      `${"argv" in command ? command.argv.join(" ") : command.shell}${layer === "dependencies" ? "  (dependencies)" : ""}`,
    ]),
    ...pairsRow("tools", tools, " "),
    ...pairsRow("abi", abi, " "),
    ...pairsRow("build env", buildEnv, "="),
    ...(buildSecrets.length === 0 ? [] : [["secrets", buildSecrets.join(" ")]]),
  ];
}

function proofRows({ sbom, signature }: ImageOrigin, version: number): string[][] {
  const hint = `berth verify v${version}`;
  return [
    ["sbom", sbom === null ? "none" : count(sbom.components, "component")],
    [
      "signed",
      signature === null ? `no: ${hint} says why` : `by key ${signature.key.slice(0, 12)}, not checked here: ${hint}`,
    ],
  ];
}

function imageText({ image, digest }: { image: string; digest: string | null }): string {
  return digest === null ? shortImage(image) : `${shortImage(image)}@${shortDigest(digest)}`;
}

function pairsRow(name: string, pairs: Record<string, string>, between: string): string[][] {
  const texts = Object.entries(pairs).map(([key, value]) => `${key}${between}${value}`);
  return texts.length === 0 ? [] : [[name, texts.join(between === "=" ? " " : ", ")]];
}
