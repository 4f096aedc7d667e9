import type { Log } from "@berth/core";
import { isRefusal } from "@berth/docker";
import type { Engine } from "@berth/docker";
import { buildLabel } from "./deps.ts";
import type { BuildLimits } from "./deps.ts";

/** A volume of the engine and where it lies in a container. */
export interface MountedVolume {
  name: string;
  path: string;
  /** What runs in the container may read it and no more. */
  readOnly: boolean;
  /** What its labels say besides whose installation it is. */
  labels: Readonly<Record<string, string>>;
}

export interface BuildContainerSpec {
  /** The image's id. */
  image: string;
  name: string;
  installation: string;
  /** Where it has a network; null: nowhere. */
  network: string | null;
  volumes: readonly MountedVolume[];
  limits: BuildLimits;
}

/** What installing packages as root needs; nothing else of root's rights is left. */
const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETGID", "SETUID", "KILL"];

/** Makes and starts a container that waits for steps. The engine's own `init` takes what they leave behind. */
export async function startBuildContainer(engine: Engine, spec: BuildContainerSpec): Promise<string> {
  const { limits, installation } = spec;
  const Labels = { [buildLabel]: installation };
  const created = await engine.ask((docker) =>
    docker.createContainer({
      name: spec.name,
      Image: spec.image,
      Entrypoint: ["sleep"],
      Cmd: ["infinity"],
      User: "0:0",
      WorkingDir: "/app",
      Labels,
      StopSignal: "SIGKILL",
      HostConfig: {
        Init: true,
        NetworkMode: spec.network ?? "none",
        Memory: limits.memoryBytes,
        MemorySwap: limits.memoryBytes,
        PidsLimit: limits.pids,
        ...(limits.cpus !== null && { NanoCpus: Math.round(limits.cpus * 1e9) }),
        CapDrop: ["ALL"],
        CapAdd: capabilities,
        SecurityOpt: ["no-new-privileges"],
        LogConfig: { Type: "none", Config: {} },
        Mounts: spec.volumes.map(({ name, path, readOnly, labels }) => ({
          Type: "volume" as const,
          Source: name,
          Target: path,
          ReadOnly: readOnly,
          VolumeOptions: {
            NoCopy: true,
            Labels: { ...Labels, ...labels },
            DriverConfig: { Name: "local", Options: {} },
          },
        })),
      },
    }),
  );
  try {
    await engine.ask((docker) => docker.getContainer(created.id).start());
  } catch (error) {
    await removeContainer(engine, created.id);
    throw error;
  }
  return created.id;
}

/** Removes a container with all that runs in it; nothing happens where it is gone. */
export async function removeContainer(engine: Engine, id: string): Promise<void> {
  try {
    await engine.ask((docker) => docker.getContainer(id).remove({ force: true, v: true }));
  } catch (error) {
    // 409: it is being removed already.
    if (!isRefusal(error, 404) && !isRefusal(error, 409)) throw error;
  }
}

/** Containers that are being removed while builds go on: an engine takes a quarter of a second for each. */
export interface Removals {
  /** Begins to remove a container. One that stays is removed at the next start. */
  begin(id: string): void;
  /** Resolves when none is being removed any more. */
  settled(): Promise<void>;
}

export function makeRemovals(engine: Engine, log: Log): Removals {
  const running = new Set<Promise<void>>();
  return {
    begin(id) {
      const removal = removeContainer(engine, id)
        .catch((error: unknown) => log.warn({ id, error }, "a container of a build is left"))
        .finally(() => running.delete(removal));
      running.add(removal);
    },
    async settled() {
      await Promise.all(running);
    },
  };
}

/** Removes the containers that builds of this installation left: those of a crash. */
export async function removeLeftContainers(engine: Engine, installation: string): Promise<void> {
  const filters = { label: [`${buildLabel}=${installation}`] };
  const left = await engine.ask((docker) => docker.listContainers({ all: true, filters }));
  await Promise.all(left.map(({ Id }) => removeContainer(engine, Id)));
}
