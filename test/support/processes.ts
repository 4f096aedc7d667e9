import { readdirSync, readFileSync } from "node:fs";

/** Whether a process of this id runs: one that has ended and was not asked for its exit code does not. */
export function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Processes that find this value in their environment, with their command lines: instances by their BERTH_APP, all else by their BERTH_HOME. */
export function processesWith(variable: string, value: string): { pid: number; command: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const environment = read(`/proc/${name}/environ`).split("\0");
      if (!environment.includes(`${variable}=${value}`) || !runs(Number(name))) return [];
      return [{ pid: Number(name), command: read(`/proc/${name}/cmdline`).replaceAll("\0", " ").trim() }];
    });
}

/** How much memory a process has resident, and had at most, in bytes. */
export function memoryOf(pid: number): { residentBytes: number; peakBytes: number } {
  const status = read(`/proc/${pid}/status`);
  const bytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) * 1024;
  return { residentBytes: bytes("VmRSS"), peakBytes: bytes("VmHWM") };
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
