import { createHmac } from "node:crypto";
import { fromTool, imageAnnotations, readWhole } from "@berth/core";
import type { BuildFailure, BuildRequest, BuildSink, Digest } from "@berth/core";
import { isRefusal } from "@berth/docker";
import type { DockerfileResult } from "../../build/executor.ts";
import { makeSecrets } from "../../build/secrets/secrets.ts";
import { SecretFound } from "../../build/secrets/watch-stream.ts";
import type { WorkFolders } from "../../host/work-folder.ts";
import { buildLabel } from "../deps.ts";
import type { DockerBuilderDeps } from "../deps.ts";
import { findUser } from "./find-user.ts";
import { fromImages } from "./from-lines.ts";
import { makeConfig, runConfig, writableFolders } from "./image-config.ts";
import { runDockerfileBuild } from "./run-build.ts";
import { takeImage } from "./take-image.ts";
import { rootInstead } from "./user.ts";
import { makeWritableLayer } from "./writable-layer.ts";

export interface DockerfileDeps extends DockerBuilderDeps {
  workFolders: WorkFolders;
  /** See `TakeDeps`. */
  layerNames: Map<string, Digest>;
}

const timeoutMs = 60 * 60_000;

/** Makes the image of a Dockerfile: the engine's BuildKit builds it, the result becomes an image of the layout, and leaves the engine. */
export async function buildDockerfile(
  request: BuildRequest,
  deps: DockerfileDeps,
  sink: BuildSink,
  signal: AbortSignal,
): Promise<DockerfileResult> {
  const { engine, installation, images, clock } = deps;
  const { plan } = request;
  const dockerfile = plan.dockerfile ?? "Dockerfile";
  const tag = `berth-build/${installation}-dockerfile:${Buffer.from(deps.random.bytes(8)).toString("hex")}`;
  const labels = { [buildLabel]: installation };
  try {
    const cacheNamespace = cacheNamespaceOf(deps, request.app);
    const build = { request, dockerfile, tag, labels, cacheNamespace, timeoutMs };
    const built = await runDockerfileBuild(deps, build, sink, signal);
    if (!built.ok) return built;
    const startedAt = clock.now();
    sink.start("image", "Taking the image out of the engine");
    const secrets = makeSecrets(request.secrets);
    const taken = await deps.workFolders.within("image", (folder) =>
      takeImage({ engine, images, folder, names: deps.layerNames }, built.id, secrets, signal),
    );
    const found = runConfig(taken.config);
    const user = await findUser(found.User ?? "", built.id, deps);
    const instead = rootInstead(found.User ?? "", user);
    if (instead !== null) sink.line(instead);
    const writable = writableFolders(found.WorkingDir, plan.writable);
    if (writable.includes("/")) return { ok: false, failure: allWritable(dockerfile) };
    const layers = await makeWritableLayer(writable, user, built.id, deps);
    const config = makeConfig(taken.config, { user, env: plan.env, writable, layers });
    const annotations = {
      [imageAnnotations.stack]: plan.stack,
      [imageAnnotations.platform]: `${String(config["os"])}/${String(config["architecture"])}/`,
    };
    const image = await images.assembleForeign({ config, layers: [...taken.layers, ...layers], annotations });
    sink.end("image", clock.now() - startedAt);
    const froms = await findBases(request, dockerfile, built.bases, deps, signal);
    return { ok: true, image, tools: { docker: engine.info.version, ...froms } };
  } catch (error) {
    if (error instanceof SecretFound) return { ok: false, failure: holdsSecret(dockerfile, error.secret) };
    throw error;
  } finally {
    await removeTag(deps, tag);
  }
}

/** Where BuildKit keeps the cache mounts of an app. A front end that an app's Dockerfile names may ask for any, so it is not to be guessed. */
function cacheNamespaceOf({ cacheKey }: DockerBuilderDeps, app: string): string {
  return createHmac("sha256", cacheKey).update(app).digest("hex").slice(0, 32);
}

/** What the FROM lines were: as the engine says it, else as their registry does; what neither says is left out. */
async function findBases(
  { source, env }: BuildRequest,
  dockerfile: string,
  told: Readonly<Record<string, string>>,
  deps: DockerBuilderDeps,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const entry = (await source.list()).find(({ path }) => path === dockerfile);
  let text = "";
  for await (const { content } of source.contents(entry === undefined ? [] : [entry])) {
    text = Buffer.from(await readWhole(content)).toString();
  }
  const found = fromImages(text, env).map(async (image) => {
    const digest = told[image] ?? (await deps.resolveImage(image, signal).catch(() => null));
    return digest === null ? [] : [[fromTool(image), digest]];
  });
  return Object.fromEntries((await Promise.all(found)).flat());
}

function holdsSecret(dockerfile: string, secret: string): BuildFailure {
  return {
    step: "image",
    message: `The image of ${dockerfile} contains the value of the build secret ${secret}`,
    hint: `Mount it where it is used, RUN --mount=type=secret,id=${secret}, and write it to no file.`,
    exitCode: null,
    lines: [],
  };
}

function allWritable(dockerfile: string): BuildFailure {
  return {
    step: "image",
    message: `${dockerfile} leaves the working folder at /, and \`writable: [.]\` is all of the image then`,
    hint: "Set WORKDIR in it, or name the folder under `writable:`, such as /data.",
    exitCode: null,
    lines: [],
  };
}

/** The name goes, and with it the image, unless something else in the engine is called by it; what BuildKit keeps for the next build stays. */
async function removeTag({ engine }: DockerBuilderDeps, tag: string): Promise<void> {
  try {
    await engine.ask((docker) => docker.getImage(tag).remove());
  } catch (error) {
    if (!isRefusal(error, 404) && !isRefusal(error, 409)) throw error;
  }
}
