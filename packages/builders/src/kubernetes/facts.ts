import type { BuildPlan, Platform } from "@berth/core";
import type { DockerfileResult, ImageExecutor } from "../build/executor.ts";

const builderName = "kubernetes";
const kubernetesBuilderVersion = "1";

/** What keys of builds in pods depend on: the pinned image stands for all tools that are in it, and the plan says which others. */
export function makeFacts(
  platform: Platform,
): Pick<ImageExecutor, "name" | "version" | "usesBuildImage" | "cachesOf" | "platform" | "conditions"> {
  return {
    name: builderName,
    version: kubernetesBuilderVersion,
    usesBuildImage: true,
    cachesOf: "app",
    platform,
    conditions: () => ({}),
  };
}

/** A variable as an image has it. */
export function splitVariable(line: string): [string, string] {
  const equals = line.indexOf("=");
  return equals === -1 ? [line, ""] : [line.slice(0, equals), line.slice(equals + 1)];
}

/** A Dockerfile may ask for root, mounts and packages of the system, which a pod without rights cannot give. */
export function refuseDockerfile({ dockerfile }: Pick<BuildPlan, "dockerfile">): DockerfileResult {
  const message = `${dockerfile ?? "Dockerfile"} cannot be built in a pod, which has none of the rights that its instructions may need`;
  const hint = "Start Berth with BERTH_BUILDER=docker, or choose another stack in berth.yaml.";
  return { ok: false, failure: { step: "image", message, hint, exitCode: null, lines: [] } };
}
