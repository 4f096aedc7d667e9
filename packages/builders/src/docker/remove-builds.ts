import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { removeLeftContainers } from "./container.ts";
import { buildLabel } from "./deps.ts";

/** Removes everything that builds of an installation keep in an engine: containers, images, and the volumes of caches and tools. */
export async function removeBuilds(engine: Engine, installation: string): Promise<void> {
  const filters = { label: [`${buildLabel}=${installation}`] };
  await removeLeftContainers(engine, installation);
  for (const { Id, RepoTags } of await engine.ask((docker) => docker.listImages({ filters }))) {
    const names = RepoTags === undefined || RepoTags.length === 0 ? [Id] : RepoTags;
    for (const name of names) await unlessGone(engine.ask((docker) => docker.getImage(name).remove({ force: true })));
  }
  const { Volumes } = await engine.ask((docker) => docker.listVolumes({ filters }));
  for (const { Name } of Volumes) await unlessGone(engine.ask((docker) => docker.getVolume(Name).remove()));
}

async function unlessGone(removing: Promise<unknown>): Promise<void> {
  try {
    await removing;
  } catch (error) {
    // 409: something else uses it.
    if (!isRefusal(error, 404) && !isRefusal(error, 409)) throw error;
  }
}
