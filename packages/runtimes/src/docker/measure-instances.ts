import type { Engine } from "@berth/docker";
import type { Containers } from "./containers.ts";
import type { DockerInstance } from "./docker-instance.ts";
import { nullIfRefused } from "./survey.ts";
import { cpuMillisBetween, measureUsage } from "./usage.ts";

export interface MeasureDeps {
  engine: Engine;
  containers: Pick<Containers, "limit">;
  all(): readonly DockerInstance[];
  /** An instance as it is known now. */
  find(container: string): DockerInstance | undefined;
  signal: AbortSignal;
}

/** Notes what each instance that runs uses, one after the other, and gives those their limits that have none yet. */
export async function measureInstances({ engine, containers, all, find, signal }: MeasureDeps): Promise<void> {
  for (const { container } of all()) {
    const instance = find(container);
    if (signal.aborted || instance?.state !== "running") continue;
    await containers.limit(instance);
    const usage = await measureUsage(engine, container).catch(nullIfRefused);
    const now = find(container);
    if (!now || usage === null) continue;
    now.memoryBytes = usage.memoryBytes ?? now.memoryBytes;
    now.cpuMillis = cpuMillisBetween(now.cpu ?? null, usage.cpu);
    now.cpu = usage.cpu;
  }
}
