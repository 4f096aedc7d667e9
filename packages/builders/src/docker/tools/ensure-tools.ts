import type { BuildPlan, BuildSink } from "@berth/core";
import { plainEnv } from "../../build/plain-env.ts";
import { ensureImageTools, installTimeoutMs, plainPath } from "../../build/tools/image-tools.ts";
import type { RunInImage, ToolsResult } from "../../build/tools/image-tools.ts";
import { removeContainer, startBuildContainer } from "../container.ts";
import type { DockerBuilderDeps } from "../deps.ts";
import { runInContainer } from "../exec.ts";
import { ensureBuildNetwork } from "../network.ts";
import { toolsVolume } from "../volumes.ts";
import type { BuildImage } from "../workshop.ts";

/** The tools of a plan in containers of this image: those it lacks are installed into a volume. */
export async function ensureContainerTools(
  plan: Pick<BuildPlan, "tools">,
  buildImage: BuildImage,
  copied: readonly string[],
  deps: DockerBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<ToolsResult> {
  const { engine, installation, limits, clock } = deps;
  const container = await startBuildContainer(engine, {
    image: buildImage.image.id,
    name: `berth-build-${installation}-tools-${Buffer.from(deps.random.bytes(6)).toString("hex")}`,
    installation,
    network: await ensureBuildNetwork(engine),
    volumes: [toolsVolume(installation, "install")],
    limits,
  });
  const own = imageEnv(buildImage);
  const run: RunInImage = (argv, path) => {
    const env = { ...own, ...plainEnv, ...deps.env, HOME: "/root", PATH: path };
    const spec = { container, argv, env, cwd: "/", timeoutMs: installTimeoutMs };
    return runInContainer(engine, spec, () => undefined, signal, clock);
  };
  const { name, image, base } = buildImage;
  try {
    const tooled = { name, id: image.id, platform: base.platform, path: own["PATH"] ?? plainPath };
    return await ensureImageTools(plan, tooled, copied, run, sink, clock);
  } finally {
    await removeContainer(engine, container);
  }
}

function imageEnv({ base }: BuildImage): Record<string, string> {
  return Object.fromEntries(base.env.map((line) => [line.split("=", 1)[0] ?? "", line.slice(line.indexOf("=") + 1)]));
}
