import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";

/** One for all installations of an engine: it has few networks to give, and keeps builds apart all the same. */
const name = "berth-builds";

/** The network of builds, by its id: it leads out, and not to other builds. Made where it is not there. */
export async function ensureBuildNetwork(engine: Engine): Promise<string> {
  const found = await findNetwork(engine);
  if (found !== null) return found;
  const made = await makeNetwork(engine);
  // An engine takes several networks of one name, and another may have made one at the same time: all take the oldest.
  const oldest = await findNetwork(engine);
  if (oldest !== null && made !== null && oldest !== made) await removeNetwork(engine, made);
  return oldest ?? ensureBuildNetwork(engine);
}

async function findNetwork(engine: Engine): Promise<string | null> {
  const networks = await engine.ask((docker) => docker.listNetworks({ filters: { name: [name] } }));
  const ours = networks.filter((network) => network.Name === name);
  const [oldest] = ours.sort((a, b) => (`${a.Created} ${a.Id}` < `${b.Created} ${b.Id}` ? -1 : 1));
  return oldest?.Id ?? null;
}

async function makeNetwork(engine: Engine): Promise<string | null> {
  try {
    const { id } = await engine.ask((docker) =>
      docker.createNetwork({
        Name: name,
        CheckDuplicate: true,
        Driver: "bridge",
        Labels: { "dev.berth.builds": "network" },
        Options: { "com.docker.network.bridge.enable_icc": "false" },
      }),
    );
    return id;
  } catch (error) {
    if (isRefusal(error, 409)) return null;
    throw error;
  }
}

async function removeNetwork(engine: Engine, id: string): Promise<void> {
  try {
    await engine.ask((docker) => docker.getNetwork(id).remove());
  } catch (error) {
    if (!isRefusal(error, 404) && !isRefusal(error, 403)) throw error;
  }
}
