import type { Instances } from "./instances.ts";
import { proportionalBytes, readGroups, residentBytes, usedCpuMs } from "./proc.ts";
import type { InstanceUsage } from "./protocol.ts";

const intervalMs = 1_000;

/** What the group of a process had used of processors when it was last looked at. */
interface CpuReading {
  pid: number;
  at: number;
  usedMs: number;
}

/**
 * Measures each instance's process group about every second, and kills the group of one that uses more memory than its limit. Returns how to
 * stop.
 */
export function startUsageWatch(instances: Instances): () => void {
  let readings: ReadonlyMap<string, CpuReading> = new Map();
  const timer = setInterval(() => (readings = measure(instances, readings)), intervalMs);
  return () => clearInterval(timer);
}

function measure(instances: Instances, before: ReadonlyMap<string, CpuReading>): ReadonlyMap<string, CpuReading> {
  const running = instances.running();
  const readings = new Map<string, CpuReading>();
  if (running.length === 0) return readings;
  const groups = readGroups();
  const at = performance.now();
  const samples: Record<string, InstanceUsage> = {};
  for (const { instance, running: process } of running) {
    const { pid } = instance;
    const members = pid === null ? undefined : groups.get(pid);
    if (!members || pid === null) continue;
    let bytes = residentBytes(members);
    // Workers of one program share pages: count those once before ending anything.
    if (bytes > instance.memoryLimitBytes) bytes = proportionalBytes(members);
    const reading = { pid, at, usedMs: usedCpuMs(members) };
    readings.set(instance.id, reading);
    samples[instance.id] = { memoryBytes: bytes, cpuMillis: cpuMillisSince(before.get(instance.id), reading) };
    if (bytes > instance.memoryLimitBytes && instance.state === "running") process.killForMemory();
  }
  instances.setUsage(samples);
  return readings;
}

/** Thousandths of a processor between two readings; null where there was none before. */
function cpuMillisSince(before: CpuReading | undefined, { pid, at, usedMs }: CpuReading): number | null {
  if (before === undefined || before.pid !== pid || at <= before.at) return null;
  return Math.round((Math.max(0, usedMs - before.usedMs) / (at - before.at)) * 1_000);
}
