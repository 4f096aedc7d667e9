import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { buildLabel } from "./deps.ts";

/** The network of builds: it leads out, and not to other builds. Made where it is not there. */
export async function ensureBuildNetwork(engine: Engine, installation: string): Promise<string> {
  const name = `berth-build-${installation}`;
  try {
    await engine.ask((docker) => docker.getNetwork(name).inspect());
    return name;
  } catch (error) {
    if (!isRefusal(error, 404)) throw error;
  }
  try {
    await engine.ask((docker) =>
      docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: "bridge",
        Labels: { [buildLabel]: installation },
        Options: { "com.docker.network.bridge.enable_icc": "false" },
      }),
    );
  } catch (error) {
    // Another build has just made it.
    if (!isRefusal(error, 409)) throw error;
  }
  return name;
}
