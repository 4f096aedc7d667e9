import type { Engine } from "@berth/docker";

interface Stats {
  /** When it was measured, by the engine's clock. */
  read?: string;
  memory_stats?: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
  cpu_stats?: { cpu_usage?: { total_usage?: number } };
}

/** The time of processors that a container had used by a moment. */
export interface CpuReading {
  at: number;
  usedMs: number;
}

/** What a container uses; null for what is not known. */
export interface Usage {
  /** Without the files that the system only keeps at hand. */
  memoryBytes: number | null;
  cpu: CpuReading | null;
}

export async function measureUsage(engine: Engine, container: string): Promise<Usage> {
  // One look, where the engine would otherwise take two and wait a second between them.
  const options = { stream: false, "one-shot": true } as { stream: false };
  const stats: Stats = await engine.ask((docker) => docker.getContainer(container).stats(options));
  return { memoryBytes: usedMemory(stats), cpu: usedCpu(stats) };
}

function usedMemory({ memory_stats: memory }: Stats): number | null {
  if (memory?.usage === undefined) return null;
  const idle = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  return Math.max(0, memory.usage - idle);
}

function usedCpu({ read, cpu_stats: cpu }: Stats): CpuReading | null {
  const [at, usedNs] = [Date.parse(read ?? ""), cpu?.cpu_usage?.total_usage];
  return usedNs === undefined || Number.isNaN(at) ? null : { at, usedMs: usedNs / 1e6 };
}

/** Thousandths of a processor between two readings; null where one is missing, or the container was started anew between them. */
export function cpuMillisBetween(before: CpuReading | null, after: CpuReading | null): number | null {
  if (before === null || after === null || after.at <= before.at || after.usedMs < before.usedMs) return null;
  return Math.round(((after.usedMs - before.usedMs) / (after.at - before.at)) * 1_000);
}
