import { readFileSync, readdirSync } from "node:fs";

/** What Linux tells of a process in /proc/<pid>/stat (proc_pid_stat(5)). */
export interface ProcessStat {
  pid: number;
  state: string;
  group: number;
  session: number;
  /** When it started, in clock ticks since boot: with the pid it names a process for good. */
  startTicks: string;
  residentPages: number;
  /** The time of processors that it has used, and its children that have ended, in clock ticks. */
  cpuTicks: number;
}

/** Node knows its own size in bytes, /proc in pages. */
const pageBytes = 2 ** Math.round(Math.log2(process.memoryUsage.rss() / (readStat(process.pid)?.residentPages ?? 1)));

/** Null where there is no such process. */
export function readStat(pid: number): ProcessStat | null {
  const text = readOrNull(`/proc/${pid}/stat`);
  if (text === null) return null;
  // The name in parentheses may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid,
    state: fields[0] ?? "X",
    group: Number(fields[2]),
    session: Number(fields[3]),
    startTicks: fields[19] ?? "",
    residentPages: Number(fields[21]),
    cpuTicks: fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0),
  };
}

/** All processes that still run (zombies do not). */
export function readProcesses(): ProcessStat[] {
  const found: ProcessStat[] = [];
  for (const name of readdirSync("/proc")) {
    const first = name.charCodeAt(0);
    if (first < 48 || first > 57) continue;
    const stat = readStat(Number(name));
    if (stat && stat.state !== "Z" && stat.state !== "X") found.push(stat);
  }
  return found;
}

/** The running processes by group. */
export function readGroups(): Map<number, ProcessStat[]> {
  return Map.groupBy(readProcesses(), (stat) => stat.group);
}

/** Whether any process of the group still runs. */
export function isGroupAlive(group: number): boolean {
  if (!signalGroup(group, 0)) return false;
  // A signal also reaches zombies that nobody has waited for yet.
  return readGroups().has(group);
}

/** Sends a signal to every process of a group; false where there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-group, signal);
    return true;
  } catch {
    return false;
  }
}

/** Memory that a group has resident, shared pages counted for each process: cheap, and never too low. */
export function residentBytes(members: readonly ProcessStat[]): number {
  return members.reduce((sum, stat) => sum + stat.residentPages * pageBytes, 0);
}

/** A tick to programs is always a hundredth of a second (USER_HZ, whatever the kernel's own is). */
const msPerTick = 10;

/** The time of processors that a group has used so far, ms. It falls where a process of it is lost that nobody has waited for. */
export function usedCpuMs(members: readonly ProcessStat[]): number {
  return members.reduce((sum, stat) => sum + stat.cpuTicks * msPerTick, 0);
}

/** Memory of a group with shared pages divided among those who share them; dearer to ask for. */
export function proportionalBytes(members: readonly ProcessStat[]): number {
  return members.reduce((sum, stat) => {
    const kib = /^Pss:\s+(\d+) kB/m.exec(readOrNull(`/proc/${stat.pid}/smaps_rollup`) ?? "")?.[1];
    return sum + (kib === undefined ? stat.residentPages * pageBytes : Number(kib) * 1024);
  }, 0);
}

/** Names this boot of the machine: pids and start times mean nothing after the next. */
export function bootId(): string {
  return (readOrNull("/proc/sys/kernel/random/boot_id") ?? "").trim();
}

/** A running process with the folders that are its TMPDIR and HOME. */
export interface ProcessFolders {
  stat: ProcessStat;
  folders: string[];
}

/** The running processes whose environment we may read. */
export function readFolders(): ProcessFolders[] {
  return readProcesses().flatMap((stat) => {
    const variables = readOrNull(`/proc/${stat.pid}/environ`)?.split("\0") ?? [];
    const folders = variables.flatMap((variable) => /^(?:HOME|TMPDIR)=(.*)$/s.exec(variable)?.[1] ?? []);
    return folders.length === 0 ? [] : [{ stat, folders }];
  });
}

/** The processes whose TMPDIR or HOME is below this folder; only those whose environment we may read. */
export function findByFolder(folder: string): ProcessStat[] {
  return readFolders()
    .filter(({ folders }) => folders.some((one) => one.startsWith(`${folder}/`)))
    .map(({ stat }) => stat);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
