import { join } from "node:path";
import type { IdentifiedWorkload, Runtime } from "@berth/core";
import { ask, makeTestWorkload, run, untilReady } from "../../conformance/helpers.ts";
import type { DockerUnderTest } from "./open-for-test.ts";
import type { TestImageOptions } from "./make-image.ts";

export const insideFolder = join(import.meta.dirname, "..", "fixtures", "app");

export type Changes = Partial<IdentifiedWorkload>;

/** A workload that runs one of the programs of this folder's fixtures. */
export async function makeInside(
  test: DockerUnderTest,
  program = "inside.mjs",
  changes: Changes = {},
  options: TestImageOptions = {},
): Promise<IdentifiedWorkload> {
  return makeTestWorkload(await test.makeImage(insideFolder, options), program, changes);
}

/** Runs one instance of a workload until it is ready. */
export async function runReady(runtime: Runtime, workload: IdentifiedWorkload): Promise<void> {
  await run(runtime, workload);
  await untilReady(runtime, workload.id);
}

/** What the program inside answers to a path, as JSON. */
export async function askInside(
  runtime: Runtime,
  workload: IdentifiedWorkload,
  path: string,
  query: Record<string, string> = {},
): Promise<unknown> {
  return JSON.parse(await ask(runtime, workload.id, `${path}?${new URLSearchParams(query)}`));
}
