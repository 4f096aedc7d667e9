import type { Clock, Log, Random, RoutedWorkload, RoutingTable } from "@berth/core";
import { toBerthError } from "@berth/core";
import type { LoneStart, LoneWaker } from "@berth/runtimes";
import { connectEngine } from "../connect-engine.ts";
import { type LoneEnd, type LoneRequest, makeLoneWake } from "./lone-wake.ts";
import { keepLoneWake } from "./lone-wake-records.ts";

export interface LoneWakesDeps {
  /** BERTH_HOME, an absolute path: where it is the server's, too, there are processes or containers that can be started without it. */
  home: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** What the table says of a workload. */
  find(workload: string): RoutedWorkload | undefined;
  /** What serves without the server's doing has changed. */
  onChange(): void;
}

/** Wakes sleeping apps while the server is away, where that is possible: where apps are processes or containers of this machine. */
export interface LoneWakes {
  /** Whether the server is there. */
  follow(isThere: boolean): void;
  /** Resolves once the workload was woken without the server, or the server is there to do it. Rejects with why it does not come up. A server that comes back finds how it went. */
  wake(workload: string, by: string): Promise<void>;
  /** The table, with what was woken. */
  overlay(table: RoutingTable): RoutingTable;
  close(): void;
}

/** A restart of the server takes less. */
const awayMs = 2_000;

export function makeLoneWakes(deps: LoneWakesDeps): LoneWakes {
  const { clock, log } = deps;
  let back = Promise.withResolvers<void>();
  let presence = new AbortController();
  let waker: Promise<LoneWaker | null> | null = null;
  let opened: LoneWaker | null = null;
  void openSoon(presence.signal);

  async function openSoon(signal: AbortSignal) {
    waker = clock.sleep(awayMs, signal).then(async () => (signal.aborted ? null : open(signal)));
    opened = await waker;
  }

  async function open(signal: AbortSignal): Promise<LoneWaker | null> {
    const { openLoneWaker } = await import("@berth/runtimes");
    const found = await openLoneWaker({
      ...deps,
      node: process.execPath,
      connectEngine: () => connectEngine({ local: true }),
    });
    if (signal.aborted) found?.close();
    return signal.aborted ? null : found;
  }

  async function wakeAlone(found: LoneWaker, workload: string, by: string, at: number): Promise<void> {
    const routed = deps.find(workload);
    const { signal } = presence;
    let start: LoneStart | null = null;
    const keep = (end: Pick<LoneEnd, "error">) => {
      if (routed !== undefined) record({ routed, by, at }, { ...end, start, at: clock.now() });
    };
    try {
      await found.wake(workload, (seen) => (start = seen));
    } catch (error) {
      // One that is cut short by the server's return is the server's to follow, and one that only the server knows its to begin.
      if (!signal.aborted && !isUnknown(error)) keep({ error });
      throw error;
    }
    log.info({ workload }, "an app was woken while the server is away");
    keep({});
  }

  /** It tells of what was: nothing fails where it cannot be kept. */
  function record(request: LoneRequest, end: LoneEnd): void {
    try {
      const made = makeLoneWake(request, end);
      if (made !== null) keepLoneWake(deps.home, made.name, made.wake);
    } catch (error) {
      log.error({ err: error, workload: request.routed.id }, "a wake could not be kept");
    }
  }

  return {
    follow(isThere) {
      presence.abort();
      opened?.close();
      opened = null;
      if (isThere) return back.resolve();
      back = Promise.withResolvers();
      presence = new AbortController();
      void openSoon(presence.signal);
    },
    async wake(workload, by) {
      const at = clock.now();
      const alone = async () => {
        const found = await waker;
        if (found === null) return back.promise;
        await wakeAlone(found, workload, by, at);
      };
      const asked = alone().catch((error: unknown) => {
        if (!isUnknown(error)) throw error;
        return back.promise;
      });
      await Promise.race([asked, back.promise]);
    },
    overlay(table) {
      const endpoints = opened?.endpoints();
      if (endpoints === undefined) return table;
      const workloads = new Map(table.workloads);
      for (const [id, serving] of endpoints) {
        const routed = workloads.get(id);
        if (routed === undefined || routed.instances.length > 0) continue;
        const instances = serving.map((instance) => ({ ...instance, draining: false }));
        workloads.set(id, { ...routed, state: "running", reason: null, hint: null, instances });
      }
      return { ...table, workloads };
    },
    close() {
      presence.abort();
      opened?.close();
      back.resolve();
    },
  };
}

/** Nobody but the server knows how to start it. */
function isUnknown(error: unknown): boolean {
  return toBerthError(error).code === "workload.not-found";
}
