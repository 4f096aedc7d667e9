import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { toBerthError } from "@berth/core";
import type { BuildRequest, Clock, Digest, Log, Random } from "@berth/core";
import { openImages, readBootId } from "@berth/images";
import type { Images } from "@berth/images";
import type { BuilderDeps } from "../../build/deps.ts";
import { openEarlier } from "../../build/make-builder.ts";
import { makeStepParts } from "../../build/parts.ts";
import type { MadeApp, PartsResult } from "../../build/parts.ts";
import { makeChannelClient } from "../channel/client.ts";
import type { ChannelClient } from "../channel/client.ts";
import type { BuildOutcome, BuildTask } from "../channel/protocol.ts";
import { makeRemoteSource } from "../channel/remote-source.ts";
import { makeTeller } from "../channel/teller.ts";
import type { Teller } from "../channel/teller.ts";
import { openStepsContainer, StepsLost } from "./control.ts";
import { makePodExecutor } from "./executor.ts";
import { cacheFolders, layout } from "./layout.ts";
import { makeRunProgram } from "./run-program.ts";

export interface PodDeps {
  clock: Clock;
  random: Random;
  log: Log;
}

/** What was not used for so long is removed from the app's cache volume. */
const cacheForMs = 30 * 86_400_000;

/** Berth's part of a build's pod, from its start to its end: fetches the task, has its steps run beside it, brings the layers home. */
export async function buildInPod(deps: PodDeps): Promise<void> {
  const { channel, cache, control, home } = layout.berth;
  const read = async (name: string) => (await readFile(join(channel, name), "utf8")).trim();
  const client = makeChannelClient({ url: await read("url"), token: await read("token") }, deps.clock);
  const teller = makeTeller(client);
  const never = new AbortController().signal;
  const [task, container] = await Promise.all([client.task(), openStepsContainer(control, deps.clock, never)]);
  try {
    await writeSettings(task, home);
    const folder = join(cache, cacheFolders.home);
    await mkdir(folder, { recursive: true });
    const { compression } = task;
    const images = await openImages({ home: folder, ...deps, bootId: await readBootId(), compression });
    try {
      const run = makeRunProgram(container, deps.clock);
      const executor = makePodExecutor({ task, images, run, clock: deps.clock });
      await teller.outcome(await build(task, executor, images, client, teller, { ...deps, home: folder }));
    } finally {
      await images.close();
    }
  } catch (error) {
    // The server asks the cluster what has become of this pod, and tells that.
    if (error instanceof StepsLost) throw error;
    const { code, message, hint } = toBerthError(error);
    deps.log.error({ err: error }, "the build could not be made");
    await teller.outcome({ kind: "error", code, message, hint });
  } finally {
    await container.leave().catch(() => {});
  }
}

async function writeSettings({ settings }: BuildTask, home: string): Promise<void> {
  for (const { place, path, content } of settings) {
    const file = join(place === "home" ? home : layout.berth.above, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
}

async function build(
  task: BuildTask,
  executor: ReturnType<typeof makePodExecutor>,
  images: Images,
  client: ChannelClient,
  teller: Teller,
  deps: PodDeps & { home: string },
): Promise<BuildOutcome> {
  const never = new AbortController().signal;
  const { app, service, plan, env, secrets } = task;
  const source = makeRemoteSource(task, client);
  const request: BuildRequest = { app, service, commit: null, plan, source, env, secrets };
  const builderDeps: BuilderDeps = {
    ...deps,
    images,
    // Bases and Berth's own files stay with the server, which makes the image.
    supportFiles: () => [],
    openBase: () => Promise.reject(new TypeError("a pod opens no base")),
  };
  const earlier = openEarlier(builderDeps);
  const done = images.begin();
  try {
    const make = makeStepParts(executor, builderDeps, earlier);
    const made = await make(request, source.list(), teller, never, () => teller.packing());
    if (!made.ok) return { kind: "failed", failure: made.failure };
    const layers = await bring(made, plan.contents.dependencies.length > 0, client, images);
    if (made.parts.app !== null) await earlier.lineage.set(`${app}/${service}`, made.parts.app.layer.digest);
    return { kind: "built", layers };
  } finally {
    done();
    await clearCache(earlier, images, deps.clock);
  }
}

/** Brings those layers to the server that become part of the image. */
async function bring(
  { parts }: Extract<PartsResult<MadeApp | null>, { ok: true }>,
  shipsDependencies: boolean,
  client: ChannelClient,
  images: Images,
) {
  const { tools, platform, dependencies, app } = parts;
  const shipped: Digest[] = [];
  if (dependencies !== null && shipsDependencies) shipped.push(dependencies.layer.digest);
  if (app !== null) shipped.push(app.layer.digest);
  for (const digest of shipped) {
    await images.settle(digest);
    await client.bring(digest, images.blobs);
  }
  return {
    tools: { ...tools },
    platform,
    dependencies: dependencies && { layer: dependencies.layer, abi: dependencies.abi, reused: dependencies.reused },
    app: app && { layer: app.layer, abi: app.abi, summary: app.summary },
  };
}

/** Keeps dependency layers that builds may ask for again, and the app layers that were made last. */
async function clearCache(
  { cache, lineage }: ReturnType<typeof openEarlier>,
  images: Images,
  clock: Pick<Clock, "now">,
): Promise<void> {
  await cache.prune(clock.now() - cacheForMs);
  await images.remove([], [...(await cache.layers()), ...(await lineage.all())]);
}
