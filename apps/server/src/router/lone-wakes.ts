import type { Clock, Log, Random, RoutingTable } from "@berth/core";
import { toBerthError } from "@berth/core";
import type { LoneWaker } from "@berth/runtimes";
import { connectEngine } from "../connect-engine.ts";

export interface LoneWakesDeps {
  /** BERTH_HOME, an absolute path: where it is the server's, too, there are processes or containers that can be started without it. */
  home: string;
  clock: Clock;
  random: Random;
  log: Log;
  /** What serves without the server's doing has changed. */
  onChange(): void;
}

/** Wakes sleeping apps while the server is away, where that is possible: where apps are processes or containers of this machine. */
export interface LoneWakes {
  /** Whether the server is there. */
  follow(isThere: boolean): void;
  /** Resolves once the workload was woken without the server, or the server is there to do it. Rejects with why it does not come up. */
  wake(workload: string): Promise<void>;
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
    async wake(workload) {
      const alone = async () => {
        const found = await waker;
        if (found === null) return back.promise;
        await found.wake(workload);
        log.info({ workload }, "an app was woken while the server is away");
      };
      const asked = alone().catch((error: unknown) => {
        if (toBerthError(error).code !== "workload.not-found") throw error;
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
