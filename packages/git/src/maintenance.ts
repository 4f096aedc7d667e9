import { constants, setPriority } from "node:os";
import { type Clock, type Log, makeSerial } from "@berth/core";
import { exitOf, type Git } from "./git-process.ts";

const quietMs = 60_000;
/** How many loose objects are worth packing; git counts them roughly. */
const defaultPackAbove = 2_000;

export interface MaintenanceDeps {
  git: Git;
  path(app: string): string;
  clock: Clock;
  log: Log;
  packAbove?: number;
}

/** Packs repositories that have been pushed to, one at a time, in the background, once pushes have paused. */
export interface Maintenance {
  pushed(app: string): void;
  stop(): Promise<void>;
}

export function startMaintenance(deps: MaintenanceDeps): Maintenance {
  const { git, path, clock, log, packAbove = defaultPackAbove } = deps;
  const serial = makeSerial();
  const waiting = new Map<string, AbortController>();
  const stopped = new AbortController();
  let running: Promise<void> = Promise.resolve();

  async function pack(app: string, signal: AbortSignal): Promise<void> {
    await clock.sleep(quietMs, signal);
    if (signal.aborted || stopped.signal.aborted) return;
    waiting.delete(app);
    running = serial("", () => runGc(app));
    await running;
  }

  /** Does nothing unless there is enough to pack. What a push is just bringing is too young to be removed. */
  async function runGc(app: string): Promise<void> {
    const child = git.spawn([`--git-dir=${path(app)}`, "-c", `gc.auto=${packAbove}`, "gc", "--auto", "--quiet"]);
    const exit = exitOf(child);
    if (child.pid !== undefined) lowerPriority(child.pid);
    const kill = () => child.kill();
    stopped.signal.addEventListener("abort", kill, { once: true });
    child.stdin.end();
    child.stdout.resume();
    child.stderr.resume();
    const code = await exit;
    stopped.signal.removeEventListener("abort", kill);
    if (code !== 0 && !stopped.signal.aborted) log.warn({ app, code }, "git gc failed");
  }

  return {
    pushed(app) {
      waiting.get(app)?.abort();
      const mine = new AbortController();
      waiting.set(app, mine);
      pack(app, mine.signal).catch((error: unknown) => log.warn({ err: error, app }, "git gc failed"));
    },
    async stop() {
      stopped.abort();
      for (const one of waiting.values()) one.abort();
      await running.catch(() => undefined);
    },
  };
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already.
  }
}
