import type { Clock, HealthCheck, ObservedInstance } from "@berth/core";
import type { KnownInstance } from "./known-instance.ts";
import { untilReady } from "./readiness.ts";
import type { ReadinessTarget } from "./readiness.ts";
import type { NotReady } from "./reasons.ts";

export interface ProbesDeps {
  health: HealthCheck | null;
  clock: Clock;
  workerReadyAfterMs: number;
  /** An instance answers at this host; null for a worker, which has lived long enough. */
  onReady(id: string, at: number, host: string | null): void;
  /** Why one is not ready has changed. */
  onReason(): void;
}

/** What a probe has found out of an instance that is not ready. */
export type Found = Pick<ObservedInstance, "reason" | "elsewhereSince">;

export const nothingFound: Found = { reason: null, elsewhereSince: null };

/** Watches over the starting instances of one workload until each is ready. */
export class Probes {
  readonly #found = new Map<string, Found>();
  readonly #listening = new Map<string, number>();
  readonly #deps: ProbesDeps;
  readonly #running = new Map<string, { run: string; abort: AbortController }>();
  #isClosed = false;

  constructor(deps: ProbesDeps) {
    this.#deps = deps;
  }

  /**
   * Takes an instance as it is known now: one that starts is asked, each `run` of it anew, until it is ready; any other is not. `target` is
   * null where there is nothing to ask yet.
   */
  observe({ id, state, readyAt }: KnownInstance, run: string, target: () => ReadinessTarget | null): void {
    const asked = state === "running" && readyAt === null ? target() : null;
    if (asked !== null && this.#running.get(id)?.run === run) return;
    this.#end(id);
    if (asked === null || this.#isClosed) return;
    const abort = new AbortController();
    this.#running.set(id, { run, abort });
    this.#listening.delete(id);
    void this.#waitUntilReady(id, asked, abort.signal);
  }

  /** Why an instance is not ready, as far as that is known. */
  foundOf(id: string): Found {
    return this.#found.get(id) ?? nothingFound;
  }

  /** When an instance was first found listening, of the run that was asked last. */
  listeningAt(id: string): number | null {
    return this.#listening.get(id) ?? null;
  }

  /** Forgets an instance. */
  lose(id: string): void {
    this.#found.delete(id);
    this.#listening.delete(id);
    this.#end(id);
  }

  close(): void {
    this.#isClosed = true;
    for (const id of this.#running.keys()) this.#end(id);
  }

  async #waitUntilReady(id: string, target: ReadinessTarget, signal: AbortSignal): Promise<void> {
    const { health, clock } = this.#deps;
    const onReason = ({ reason, isElsewhere }: NotReady) => {
      if (signal.aborted || this.foundOf(id).reason === reason) return;
      this.#found.set(id, { reason, elsewhereSince: isElsewhere ? clock.now() : null });
      this.#deps.onReason();
    };
    const onListens = () => {
      this.#listening.set(id, clock.now());
      this.#deps.onReason();
    };
    const host = await untilReady(target, health, this.#deps, { onReason, onListens }, signal);
    if (host === undefined || signal.aborted) return;
    this.#found.delete(id);
    this.#running.delete(id);
    this.#deps.onReady(id, clock.now(), host);
  }

  #end(id: string): void {
    this.#running.get(id)?.abort.abort();
    this.#running.delete(id);
  }
}
