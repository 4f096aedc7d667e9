import { BerthError, shortImage } from "@berth/core";
import type { BuildRequest, BuildSink, TreeEntry } from "@berth/core";
import type { Base } from "@berth/images";
import type { Earlier } from "../build/parts.ts";
import type { AppTurns, Hold } from "./app-turns.ts";
import type { BuildOutcome } from "./channel/protocol.ts";
import { takeOutcome } from "./take-outcome.ts";
import type { KubernetesBuilderDeps } from "./deps.ts";
import type { Jobs } from "./jobs.ts";
import { cacheName, container, copiedFolder, copyName, jobName } from "./names.ts";
import type { JobModel } from "./objects/job.ts";
import { layout } from "./pod/layout.ts";
import { followJob, NoVolume } from "./run-job.ts";

export interface BuildByJobDeps extends KubernetesBuilderDeps {
  jobs: Jobs;
  turns: AppTurns;
  earlier: Earlier;
}

export interface JobBuild {
  request: BuildRequest;
  entries: readonly TreeEntry[];
  sink: BuildSink;
  signal: AbortSignal;
  beginPacking: () => void;
}

/** Has the steps of a plan run by a Job. The layers that it brings are here when it resolves. */
export function makeBuildByJob(deps: BuildByJobDeps) {
  const { place, jobs, turns, channel, clock, random } = deps;
  /** Apps whose builds were given no volume since this server was started. */
  const withoutVolume = new Set<string>();
  const hasVolume = (app: string) => place.cacheBytes > 0 && !withoutVolume.has(app);

  /** Opens an image that a build runs in, and lets nodes pull it. */
  async function offer(request: BuildRequest, name: string, image: Base, signal: AbortSignal) {
    const offered = await deps.offerImage(request.app, image, signal);
    return { ...offered, image: { name, id: image.manifest, platform: image.platform, env: image.env } };
  }

  async function run(build: JobBuild, hold: Hold): Promise<BuildOutcome> {
    const { request, entries, sink, signal } = build;
    const { app, service, plan } = request;
    const berthImage = requireOwnImage(deps);
    if (plan.buildImage === null) throw new TypeError("a plan with steps has no image for them");
    const startedAt = clock.now();
    sink.start("tools", `A pod with ${shortImage(plan.buildImage.image)}`);
    const wanted = [["", plan.buildImage] as const, ...Object.entries(plan.toolImages ?? {})];
    const offers = await Promise.all(
      wanted.map(async ([tool, image]) => ({
        tool,
        ...(await offer(request, shortImage(image.image), await deps.openBase(image), signal)),
      })),
    );
    const [steps, ...tools] = offers;
    if (steps === undefined) throw new TypeError("a build has no image");
    const copies = tools.map(({ tool, name, image }) => ({
      tool,
      image: name,
      folder: copiedFolder(layout.steps.tools, tool, image.id),
    }));
    const name = jobName(app, Buffer.from(random.bytes(5)).toString("hex"));
    const model: JobModel = {
      app,
      service,
      name,
      buildImage: steps.name,
      berthImage,
      copies,
      aboveFolders: aboveFolders(deps),
      cacheClaim: hasVolume(app) ? cacheName(app) : null,
    };
    const images = [
      ...copies.map(({ tool, image }) => ({ name: copyName(tool), image })),
      { name: container.steps, image: steps.name },
      { name: container.berth, image: berthImage },
    ];
    const began = () => sink.end("tools", clock.now() - startedAt);
    const followed = { name, images, sink, began, packing: build.beginPacking };
    // It is followed from before there is a Job, so that nothing is missed.
    const { onEvent, outcome } = followJob(jobs, followed, clock, signal);
    outcome.catch(() => {});
    const opened = channel.open({
      task: {
        app,
        service,
        plan,
        tree: request.source.id,
        entries,
        env: request.env,
        secrets: request.secrets,
        buildImage: steps.image,
        copied: copies.map(({ folder }) => `${folder}/bin`),
        stepEnv: deps.env,
        settings: deps.settings,
        compression: deps.compression,
      },
      source: request.source,
      hasLayer: async (digest) => (await deps.earlier.lineage.last(`${app}/${service}`)) === digest,
      onEvent,
    });
    try {
      signal.throwIfAborted();
      await jobs.start(model, { url: `${place.channelUrl}${opened.path}`, token: opened.token });
      return await takeOutcome(await outcome, plan, opened, deps.images);
    } finally {
      for (const { end } of offers) end();
      await opened.close();
      hold((await jobs.remove(name)).gone);
    }
  }

  async function runOrGoWithout(build: JobBuild, hold: Hold): Promise<BuildOutcome> {
    try {
      return await run(build, hold);
    } catch (error) {
      if (!(error instanceof NoVolume)) throw error;
      const { app } = build.request;
      withoutVolume.add(app);
      deps.log.warn({ app, reason: error.message }, "The cluster gives builds no volume for caches; they go without");
      build.sink.line("The cluster gives no volume for caches: the build goes without");
      return run(build, hold);
    }
  }

  return async (build: JobBuild): Promise<BuildOutcome> => {
    if (!hasVolume(build.request.app)) return run(build, () => undefined);
    const { request, sink, signal } = build;
    const startedAt = clock.now();
    let waited = false;
    const waits = () => {
      waited = true;
      sink.start("tools", `Waiting for another build of ${request.app}, which has its caches`);
    };
    return turns.take(request.app, signal, waits, (hold) => {
      if (waited) sink.end("tools", clock.now() - startedAt);
      return runOrGoWithout(build, hold);
    });
  };
}

function requireOwnImage({ place }: KubernetesBuilderDeps): string {
  if (place.image !== null) return place.image;
  throw new BerthError("settings.invalid", "Builds on the cluster need an image of Berth, and none is set.", {
    path: "BERTH_IMAGE",
    hint: "npm run image -- --push registry.example.com/team makes it and prints its name for BERTH_IMAGE.",
  });
}

/** Folders at the root of a container that settings of package managers lie in. */
function aboveFolders({ settings }: KubernetesBuilderDeps): string[] {
  const above = settings.filter(({ place }) => place === "above").map(({ path }) => path.split("/")[0] ?? "");
  return [...new Set(above)];
}
