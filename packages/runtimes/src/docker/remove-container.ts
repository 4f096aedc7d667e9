import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";

/** Removes a container with its volumes; one that is gone, or being removed, is no matter. */
export async function removeContainer(engine: Engine, container: string): Promise<void> {
  try {
    await engine.ask((docker) => docker.getContainer(container).remove({ force: true, v: true }));
  } catch (error) {
    if (!isRefusal(error, 404) && !isRefusal(error, 409)) throw error;
  }
}
