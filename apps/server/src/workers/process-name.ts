import { readFileSync } from "node:fs";

/** A process, named for good: a pid alone may be another's by now. */
export interface ProcessName {
  pid: number;
  /** When it started, in clock ticks since boot, as proc_pid_stat(5) has it. */
  startedAt: string;
}

/** This process. */
export function ownName(): ProcessName {
  return { pid: process.pid, startedAt: startOf(process.pid) ?? "" };
}

export function isRunning({ pid, startedAt }: ProcessName): boolean {
  return startOf(pid) === startedAt;
}

/** As a file may be called. */
export function nameText({ pid, startedAt }: ProcessName): string {
  return `${pid}-${startedAt}`;
}

/** Null where a text names no process. */
export function readName(text: string): ProcessName | null {
  const [, pid, startedAt] = /^(\d+)-(\d*)$/.exec(text) ?? [];
  return pid === undefined || startedAt === undefined ? null : { pid: Number(pid), startedAt };
}

/** Null where there is no such process, or it has ended and nobody has asked how. */
export function startOf(pid: number): string | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may itself hold spaces and parentheses.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}
