import { removeContainer } from "../container.ts";
import { buildLabel } from "../deps.ts";
import type { DockerBuilderDeps } from "../deps.ts";

/** Gives `use` a container of an image of the engine, and removes it. It is never started: its files are read as they are. */
export async function lookInside<T>(
  image: string,
  { engine, installation, random }: DockerBuilderDeps,
  use: (container: string) => Promise<T>,
): Promise<T> {
  const name = `berth-build-${installation}-look-${Buffer.from(random.bytes(6)).toString("hex")}`;
  const Labels = { [buildLabel]: installation };
  const { id } = await engine.ask((docker) => docker.createContainer({ name, Image: image, Cmd: ["none"], Labels }));
  try {
    return await use(id);
  } finally {
    await removeContainer(engine, id);
  }
}
