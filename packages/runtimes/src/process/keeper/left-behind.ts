import { setTimeout as delay } from "node:timers/promises";
import { type ProcessFolders, readFolders, readStat } from "./proc.ts";

/** Many instances end at once where a server does: they share a look at all processes. */
const shareLookMs = 5;
const pollMs = 20;

let nextLook: Promise<ProcessFolders[]> | null = null;

/** A look at all processes that begins after this call. */
function look(): Promise<ProcessFolders[]> {
  nextLook ??= delay(shareLookMs).then(() => {
    nextLook = null;
    return readFolders();
  });
  return nextLook;
}

/**
 * Ends what an instance has left behind outside of its group: a daemon leaves that, but keeps the private folder in its
 * environment. With a deadline (ms since the epoch) they are asked by SIGTERM first.
 */
export async function endLeftBehind(folder: string, deadline: number | null): Promise<void> {
  const left = (await look()).filter(({ folders }) => folders.includes(folder)).map(({ stat }) => stat);
  const alive = () => left.filter(({ pid, startTicks }) => readStat(pid)?.startTicks === startTicks && !isOver(pid));
  if (deadline !== null) for (const { pid } of alive()) send(pid, "SIGTERM");
  while (Date.now() < (deadline ?? 0) && alive().length > 0) await delay(pollMs);
  for (const { pid } of alive()) send(pid, "SIGKILL");
}

function isOver(pid: number): boolean {
  const state = readStat(pid)?.state ?? "X";
  return state === "Z" || state === "X";
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended by itself.
  }
}
