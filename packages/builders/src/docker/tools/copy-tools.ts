import type { BuildFailure, BuildSink } from "@berth/core";
import { lastLines } from "../../build/hints.ts";
import { plainEnv } from "../../build/plain-env.ts";
import { copyScripts } from "../../build/tools/copy-scripts.ts";
import { toolsPath } from "../../build/tools/image-tools.ts";
import { removeContainer, startBuildContainer } from "../container.ts";
import type { DockerBuilderDeps } from "../deps.ts";
import { runInContainer } from "../exec.ts";
import { toolsVolume } from "../volumes.ts";
import type { BuildImage } from "../workshop.ts";

/** Where a tool lies that was copied, or why it could not be. */
export type CopyResult = { ok: true; folder: string } | { ok: false; failure: BuildFailure };

const copyTimeoutMs = 60_000;

/** Copies a tool out of the image that brings it into the volume of tools, once. */
export async function copyTool(
  tool: string,
  from: BuildImage,
  deps: DockerBuilderDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<CopyResult> {
  const script = copyScripts[tool];
  if (script === undefined) throw new TypeError(`nobody knows what of an image is ${tool}`);
  const { engine, installation, limits, clock } = deps;
  const folder = `${toolsPath}/${tool}-${from.image.id.replace(/^sha256:/, "").slice(0, 12)}`;
  const startedAt = clock.now();
  sink.start("tools", `${tool} of ${from.name}`);
  const container = await startBuildContainer(engine, {
    image: from.image.id,
    name: `berth-build-${installation}-tools-${Buffer.from(deps.random.bytes(6)).toString("hex")}`,
    installation,
    network: null,
    volumes: [toolsVolume(installation, "install")],
    limits,
  });
  try {
    const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const env = { ...plainEnv, HOME: "/root", PATH: path };
    const spec = { container, argv: ["sh", "-c", script, "sh", folder], env, cwd: "/", timeoutMs: copyTimeoutMs };
    const { exitCode, lines } = await runInContainer(engine, spec, () => undefined, signal, clock);
    sink.end("tools", clock.now() - startedAt);
    if (exitCode === 0) return { ok: true, folder };
    const message = `${tool} could not be taken from ${from.name}`;
    const hint = `Build with a Dockerfile of your own, or look why ${from.name} is not as the official image.`;
    return { ok: false, failure: { step: "tools", message, hint, exitCode, lines: lastLines(lines) } };
  } finally {
    await removeContainer(engine, container);
  }
}
