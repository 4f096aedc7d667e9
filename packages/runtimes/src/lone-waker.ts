import { toBerthError } from "@berth/core";
import type { Clock, Endpoint, InstanceMarks, Random } from "@berth/core";
import type { Engine } from "@berth/docker";
import { readAsleep } from "./docker/prepared/asleep-file.ts";
import { openKeeperWaker } from "./process/keeper-waker.ts";

export interface LoneWakerDeps {
  /** BERTH_HOME of the server, an absolute path. */
  home: string;
  /** The path of Node 24. */
  node: string;
  /** Connects to the engine that the server's containers are on; asked only where there are any. */
  connectEngine(): Promise<Engine>;
  clock: Clock;
  random: Random;
  /** What serves has changed. */
  onChange(): void;
}

/** Starts what sleeps while there is no server to ask, and nothing more: it keeps no number of instances, and ends none. */
export interface LoneWaker {
  /**
   * Resolves once an instance of this workload is ready; one that runs already is waited for. `follow` is told how far it has come, as far as
   * this one sees it start. Throws `workload.not-found` for one that nobody but the server can start, `runtime.failed` with the reason where
   * it does not come up.
   */
  wake(workload: string, follow?: (start: LoneStart) => void): Promise<void>;
  /** Who serves, by workload. */
  endpoints(): ReadonlyMap<string, readonly { id: string; endpoint: Endpoint }[]>;
  close(): void;
}

/** An instance that comes up, as who waits for it sees it. */
export interface LoneStart {
  instance: string;
  marks: InstanceMarks;
  readyAt: number | null;
}

/** For what the server of a home has left for others to start: processes, by their keeper, and containers. Null where there is neither. */
export async function openLoneWaker(deps: LoneWakerDeps): Promise<LoneWaker | null> {
  const asleep = readAsleep(deps.home);
  // Loaded only where there are any.
  const docker = asleep && (await import("./docker/prepared/container-waker.ts"));
  const found = [await openKeeperWaker(deps), docker && docker.openContainerWaker(deps, asleep)];
  const wakers = found.filter((waker) => waker !== null);
  return wakers.length > 1 ? joinWakers(wakers) : (wakers[0] ?? null);
}

/** Of an installation whose apps were moved from processes to containers, or back. */
function joinWakers(wakers: readonly LoneWaker[]): LoneWaker {
  return {
    async wake(workload, follow) {
      const failures: unknown[] = [];
      for (const waker of wakers) {
        try {
          return await waker.wake(workload, follow);
        } catch (error) {
          if (toBerthError(error).code !== "workload.not-found") throw error;
          failures.push(error);
        }
      }
      throw failures[0];
    },
    endpoints: () => new Map(wakers.flatMap((waker) => [...waker.endpoints()])),
    close: () => wakers.forEach((waker) => waker.close()),
  };
}
