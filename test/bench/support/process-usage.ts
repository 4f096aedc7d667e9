import { readFileSync } from "node:fs";

/** proc_pid_stat(5) counts in these; Linux has told programs no other number for decades. */
const ticksPerSecond = 100;

/** Processor time that processes have used together, in microseconds, to the hundredth of a second. */
export function cpuUsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return Number(fields[11]) + Number(fields[12]);
  });
  return (sum(ticks) / ticksPerSecond) * 1e6;
}

/** What they have in memory together (RSS), in MB. */
export function rssOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) =>
    Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]),
  );
  return (sum(kilobytes) * 1024) / 1e6;
}

/** A process and those that it has started. */
export function withChildren(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return [pid, ...children.flatMap(withChildren)];
}

/** How many files and sockets a process of this user may have open. */
export function openFilesLimit(): number {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync("/proc/self/limits", "utf8")) ?? [];
  return Number(hard) || Number(soft) || Number.POSITIVE_INFINITY;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
