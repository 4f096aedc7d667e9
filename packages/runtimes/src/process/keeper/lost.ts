import { setTimeout as delay } from "node:timers/promises";
import { findByFolder, isGroupAlive, readProcesses, signalGroup } from "./proc.ts";
import type { ProcessStat } from "./proc.ts";
import type { LeftInstance } from "./state-file.ts";

const pollMs = 20;

/** The groups of processes that a keeper which was killed has left behind. */
export interface LostGroup {
  group: number;
  /** The instance it belongs to, where the state file knew it. */
  instance: string | null;
  stopGraceMs: number;
}

/**
 * Which of the running processes belong to instances of a lost keeper: the groups that its state file names, and any
 * process whose private folder is one of ours, which finds what was started in the moment before the state was written.
 */
export function findLost(left: readonly LeftInstance[], instancesFolder: string): LostGroup[] {
  const processes = readProcesses();
  const lost = new Map<number, LostGroup>();
  for (const { instance, startTicks } of left) {
    const { pid } = instance;
    if (pid === null || startTicks === null || !isStillOurs(processes, pid, startTicks)) continue;
    lost.set(pid, { group: pid, instance: instance.id, stopGraceMs: instance.stopGraceMs });
  }
  const defaultGraceMs = 10_000;
  for (const { group } of findByFolder(instancesFolder)) {
    if (!lost.has(group)) lost.set(group, { group, instance: null, stopGraceMs: defaultGraceMs });
  }
  return [...lost.values()];
}

/** A leader with the same start time, or members of its session that outlived it. */
function isStillOurs(processes: readonly ProcessStat[], pid: number, startTicks: string): boolean {
  const leader = processes.find((stat) => stat.pid === pid);
  if (leader) return leader.startTicks === startTicks;
  return processes.some(
    (stat) => stat.group === pid && stat.session === pid && Number(stat.startTicks) >= Number(startTicks),
  );
}

/** SIGTERM, the grace, SIGKILL. Their output has nowhere to go any more, so most end at once. */
export async function endLost({ group, stopGraceMs }: LostGroup): Promise<void> {
  const deadline = Date.now() + stopGraceMs;
  signalGroup(group, "SIGTERM");
  while (Date.now() < deadline && isGroupAlive(group)) await delay(pollMs);
  signalGroup(group, "SIGKILL");
  while (isGroupAlive(group)) await delay(pollMs);
}
