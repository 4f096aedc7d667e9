import type { BerthError, DrilledService, ServiceStart } from "@berth/core";
import type { OperationContext } from "../operations.ts";
import type { Drillable } from "./find-drillable.ts";

/** A release that runs beside what is live. */
export interface Beside {
  /** Resolves when each of its services is ready or has failed. Rejects where that is not seen any more. */
  settled: Promise<readonly DrilledService[]>;
  /** Resolves when what was started for it is being stopped. */
  letGo(): Promise<void>;
}

/** Starts a release beside what is live, and tells how it comes up. Throws `conflict` where another one is drilled. */
export function runBeside(
  { deps, environments, operation, timeline, stopping }: OperationContext,
  { generation, running }: Pick<Drillable, "generation" | "running">,
): Beside {
  const { clock } = deps;
  const keeper = environments.keeper(operation);
  const askedAt = clock.now();
  const ended = new Map<string, DrilledService>();
  const told = new Set<string>();
  const { promise: settled, resolve, reject } = Promise.withResolvers<readonly DrilledService[]>();

  function take({ service: { workload }, state, reason }: ServiceStart) {
    const { id, service } = workload;
    if (ended.has(id)) return;
    if (state === "starting") {
      if (reason !== null && !told.has(`${id} ${reason}`)) timeline.line("start", reason, service);
      told.add(`${id} ${reason}`);
    } else if (state === "failed") {
      ended.set(id, { service, state, readyMs: null, reason });
      timeline.line("start", `did not come up: ${reason}`, service);
    } else if (running.has(id)) {
      ended.set(id, { service, state: "running", readyMs: null, reason: null });
      timeline.line("start", "runs already", service);
    } else {
      const readyMs = clock.now() - askedAt;
      ended.set(id, { service, state: "started", readyMs, reason: null });
      timeline.end("start", workload.health === null ? "running" : "ready", service, readyMs);
    }
  }

  function saw(starts: readonly ServiceStart[] | BerthError) {
    if (!Array.isArray(starts)) return reject(starts);
    for (const start of starts) take(start);
    if (ended.size === generation.services.length)
      resolve(generation.services.map(({ workload }) => ended.get(workload.id)!));
  }

  const giveUp = () => reject(stopping.reason);
  stopping.throwIfAborted();
  const letGo = keeper.drill(generation, saw);
  stopping.addEventListener("abort", giveUp, { once: true });
  return {
    settled,
    async letGo() {
      stopping.removeEventListener("abort", giveUp);
      await letGo();
    },
  };
}
