import type { Instances } from "./instances.ts";
import { proportionalBytes, readGroups, residentBytes } from "./proc.ts";

const intervalMs = 1_000;

/** Measures each instance's process group about every second, and kills the group of one that uses more than its limit. Returns how to stop. */
export function startMemoryWatch(instances: Instances): () => void {
  const timer = setInterval(() => measure(instances), intervalMs);
  return () => clearInterval(timer);
}

function measure(instances: Instances): void {
  const running = instances.running();
  if (running.length === 0) return;
  const groups = readGroups();
  const samples: Record<string, number> = {};
  for (const { instance, running: process } of running) {
    const members = instance.pid === null ? undefined : groups.get(instance.pid);
    if (!members) continue;
    let bytes = residentBytes(members);
    // Workers of one program share pages: count those once before ending anything.
    if (bytes > instance.memoryLimitBytes) bytes = proportionalBytes(members);
    samples[instance.id] = bytes;
    if (bytes > instance.memoryLimitBytes && instance.state === "running") process.killForMemory();
  }
  instances.setMemory(samples);
}
