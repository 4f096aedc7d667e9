import { readdirSync, readFileSync } from "node:fs";

/** Whether a process of this id runs: one that has ended and was not asked for its exit code does not. */
export function runs(pid: number): boolean {
  try {
    return !/^\d+ \(.*\) [ZX]/s.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** Processes that find this value in their environment: instances by their BERTH_APP. */
export function processesWith(variable: string, value: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(`${variable}=${value}`) && runs(pid));
}

/** Instances of an app of this server, and not of another one that has an app of that name. */
export function instancesOf(home: string, app: string): number[] {
  const ofHome = (pid: number) =>
    read(`/proc/${pid}/environ`)
      .split("\0")
      .some((entry) => entry.startsWith(`HOME=${home}/`));
  return processesWith("BERTH_APP", app).filter(ofHome);
}

/** Processes whose command line has this text: server and keeper by their home, build steps by what they run. */
export function processesNaming(text: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").includes(text) && runs(pid));
}

function pids(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
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
