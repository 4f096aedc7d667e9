import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildFailure, BuildPlan, BuildRequest, BuildStep, Digest } from "@berth/core";
import type { TestFiles } from "@berth/core/testing";
import { makePlan, makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import type { BuilderUnderTest } from "./builder-under-test.ts";

/** A plan for this builder. */
export function planFor(under: BuilderUnderTest, plan: Partial<BuildPlan>): BuildPlan {
  return makePlan({ ...under.plan, ...plan });
}

/** A plan whose only step runs this text of the shell. */
export function shellPlan(under: BuilderUnderTest, shell: string, step: Partial<BuildStep> = {}): BuildPlan {
  return planFor(under, { steps: [makeStep({ command: { shell }, ...step })] });
}

export interface Outcome {
  told: string[];
  digest: Digest;
  layers: Digest[];
  summary: string;
  /** The text of a file of the image, relative to the app's folder. */
  read(path: string): Promise<string>;
  /** The app's folder of an unpacked copy. */
  folder: string;
  key: string;
}

/** Builds, and expects that it works. */
export async function build(
  under: BuilderUnderTest,
  plan: BuildPlan,
  files: TestFiles,
  more: Partial<BuildRequest> = {},
): Promise<Outcome> {
  const sink = makeSink();
  const result = await under.builder.build(makeRequest(files, plan, more), sink, never);
  if (!result.ok) throw new Error(`the build failed: ${result.failure.message}\n${result.failure.lines.join("\n")}`);
  const { digest, key } = result.artifact;
  const { workdir } = await under.images.unpack(digest);
  const { layers } = await under.images.describe(digest);
  return {
    told: sink.told,
    digest,
    layers: layers.map((layer) => layer.digest),
    summary: result.summary,
    read: (path) => readFile(join(workdir, path), "utf8"),
    folder: workdir,
    key,
  };
}

/** Builds, and expects that it fails. */
export async function buildFailure(
  under: BuilderUnderTest,
  plan: BuildPlan,
  files: TestFiles,
  more: Partial<BuildRequest> = {},
): Promise<BuildFailure & { told: string[] }> {
  const sink = makeSink();
  const result = await under.builder.build(makeRequest(files, plan, more), sink, never);
  if (result.ok) throw new Error("the build did not fail");
  return { ...result.failure, told: sink.told };
}
