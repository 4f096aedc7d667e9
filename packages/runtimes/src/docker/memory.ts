import type { Engine } from "@berth/docker";

interface MemoryStats {
  memory_stats?: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
}

/** The memory that a container uses, without the files that the system only keeps at hand; null where that is not known. */
export async function measureMemory(engine: Engine, container: string): Promise<number | null> {
  // One look, where the engine would otherwise take two and wait a second between them.
  const options = { stream: false, "one-shot": true } as { stream: false };
  const stats = await engine.ask((docker) => docker.getContainer(container).stats(options));
  return usedMemory(stats);
}

export function usedMemory({ memory_stats: memory }: MemoryStats): number | null {
  if (memory?.usage === undefined) return null;
  const idle = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0;
  return Math.max(0, memory.usage - idle);
}
