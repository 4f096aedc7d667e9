import type { Clock } from "@berth/core";
import type { Images } from "@berth/images";
import type { Executor, Workshop } from "../../build/executor.ts";
import { plainEnv } from "../../build/plain-env.ts";
import { ensureImageTools, installTimeoutMs, plainPath } from "../../build/tools/image-tools.ts";
import type { RunInImage } from "../../build/tools/image-tools.ts";
import type { BuildTask } from "../channel/protocol.ts";
import { makeFacts, splitVariable } from "../facts.ts";
import { layout } from "./layout.ts";
import { openPlace } from "./place.ts";
import type { RunProgram } from "./run-program.ts";

export interface PodExecutorDeps {
  task: BuildTask;
  images: Pick<Images, "extract" | "removeFolder">;
  run: RunProgram;
  clock: Clock;
}

/** Runs the steps of one build in the other container of this pod. */
export function makePodExecutor({ task, images, run, clock }: PodExecutorDeps): Executor {
  const { buildImage, stepEnv } = task;
  const imageEnv = Object.fromEntries(buildImage.env.map(splitVariable));
  const imagePath = imageEnv["PATH"] ?? plainPath;
  return {
    ...makeFacts(buildImage.platform),
    async prepare({ plan }, sink, signal) {
      const runTool: RunInImage = (argv, path) => {
        const env = { ...imageEnv, ...plainEnv, ...stepEnv, HOME: layout.steps.home, PATH: path };
        return run({ argv, env, cwd: "/", timeoutMs: installTimeoutMs }, () => undefined, signal);
      };
      const image = { ...buildImage, path: imagePath };
      const found = await ensureImageTools(plan, image, task.copied, runTool, sink, clock);
      if (!found.ok) return found;
      const { tools } = found;
      const deps = { images, run, tools, imageEnv, imagePath, stepEnv, clock };
      const within: Workshop["within"] = async (spec, placeSink, placeSignal, use) =>
        use(await openPlace(spec, deps, placeSink, placeSignal));
      const { versions, abi } = tools;
      const where = `in ${buildImage.name}`;
      return { ok: true, workshop: { tools: versions, abi, platform: buildImage.platform, where, within } };
    },
    buildDockerfile: null,
    prune: async () => {},
    forget: async () => {},
  };
}
