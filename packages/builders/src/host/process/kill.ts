import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills a process group and, on Linux, whatever else carries the step's marker in its environment: a daemon leaves its group, but
 * not the environment it was started with.
 */
export function killGroup(pid: number | undefined, marker: string): void {
  if (pid !== undefined) send(-pid);
  // Each look may find children of those that the last one killed too late.
  for (let round = 0; round < 5; round++) {
    const left = findMarked(marker);
    if (left.length === 0) return;
    for (const found of left) send(found);
  }
}

function send(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself, or never was.
  }
}

function findMarked(marker: string): number[] {
  const entry = `BERTH_STEP=${marker}\0`;
  return list("/proc")
    .filter((name) => {
      if (!/^\d+$/.test(name)) return false;
      try {
        return readFileSync(`/proc/${name}/environ`, "latin1").includes(entry);
      } catch {
        return false;
      }
    })
    .map(Number);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
