import { createHash } from "node:crypto";
import { imageAnnotations, readWhole } from "@berth/core";
import type { BuildFailure, BuildRequest, BuildSink, Digest } from "@berth/core";
import { isRefusal } from "@berth/docker";
import type { DockerfileResult } from "../../build/executor.ts";
import { makeSecrets } from "../../build/secrets/secrets.ts";
import { SecretFound } from "../../build/secrets/watch-stream.ts";
import type { WorkFolders } from "../../host/work-folder.ts";
import { removeContainer } from "../container.ts";
import { buildLabel } from "../deps.ts";
import type { DockerBuilderDeps } from "../deps.ts";
import { readContainerFile } from "../image-file.ts";
import { fromImages } from "./from-lines.ts";
import { runDockerfileBuild } from "./run-build.ts";
import { takeImage } from "./take-image.ts";
import type { TakenImage } from "./take-image.ts";
import { isNamedUser, numericUser } from "./user.ts";

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
    const built = await runDockerfileBuild(deps, { request, dockerfile, tag, labels, timeoutMs }, sink, signal);
    if (!built.ok) return built;
    const startedAt = clock.now();
    sink.start("image", "Taking the image out of the engine");
    const secrets = makeSecrets(request.secrets);
    const taken = await deps.workFolders.within("image", (folder) =>
      takeImage({ engine, images, folder, names: deps.layerNames }, built.id, secrets, signal),
    );
    const config = makeConfig(taken, await findUser(taken, built.id, deps), plan.env);
    const annotations = {
      [imageAnnotations.stack]: plan.stack,
      [imageAnnotations.platform]: `${String(config["os"])}/${String(config["architecture"])}/`,
    };
    const image = await images.assembleForeign({ config, layers: taken.layers, annotations });
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
    return digest === null ? [] : [[`FROM ${image}`, digest]];
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

/** The name goes, and with it the image, unless something else in the engine is called by it; what BuildKit keeps for the next build stays. */
async function removeTag({ engine }: DockerBuilderDeps, tag: string): Promise<void> {
  try {
    await engine.ask((docker) => docker.getImage(tag).remove());
  } catch (error) {
    if (!isRefusal(error, 404) && !isRefusal(error, 409)) throw error;
  }
}

interface RunConfig {
  User?: string;
  Env?: string[] | null;
  Labels?: Record<string, string> | null;
}

function runConfig({ config }: TakenImage): RunConfig {
  const found = config["config"];
  return typeof found === "object" && found !== null ? found : {};
}

/** The engine's configuration with a user by number, who is not root, and what the plan adds where the Dockerfile says nothing. */
function makeConfig(taken: TakenImage, user: string, env: Readonly<Record<string, string>>): Record<string, unknown> {
  const { Env, Labels, ...rest } = runConfig(taken);
  const known = new Set((Env ?? []).map((line) => line.split("=", 1)[0]));
  const added = Object.entries(env).filter(([name]) => !known.has(name));
  const config = {
    ...rest,
    // Whose engine built it is nothing that the image has to tell.
    Labels: without(Labels ?? {}, [buildLabel]),
    Env: [...(Env ?? []), ...added.map(([name, value]) => `${name}=${value}`)],
    User: user,
  };
  // What the old builder kept of its containers, with names of this engine.
  return { ...without(taken.config, ["container", "container_config"]), config };
}

function without<T>(record: Readonly<Record<string, T>>, names: readonly string[]): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

async function findUser(taken: TakenImage, id: string, deps: DockerBuilderDeps): Promise<string> {
  const user = runConfig(taken).User ?? "";
  if (!isNamedUser(user) && user.includes(":")) return numericUser(user, { passwd: "", group: "" });
  if (user === "" || user === "0" || user === "root") return numericUser("", { passwd: "", group: "" });
  const { engine, installation } = deps;
  const name = `berth-build-${installation}-look-${createHash("sha256").update(deps.random.bytes(16)).digest("hex").slice(0, 12)}`;
  const Labels = { [buildLabel]: installation };
  // It is never started: its files are read as they are.
  const { id: container } = await engine.ask((docker) =>
    docker.createContainer({ name, Image: id, Cmd: ["none"], Labels }),
  );
  try {
    const [passwd, group] = [
      await readContainerFile(engine, container, "/etc/passwd"),
      await readContainerFile(engine, container, "/etc/group"),
    ];
    return numericUser(user, { passwd, group });
  } finally {
    await removeContainer(engine, container);
  }
}
