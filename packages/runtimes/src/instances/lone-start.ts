import { BerthError } from "@berth/core";
import type { Clock, HealthCheck } from "@berth/core";
import { untilReady } from "./readiness.ts";
import type { ReadinessTarget } from "./readiness.ts";

/** Asks an instance that was started without the server until it is ready, for as long as its health check says. `host` is as of `untilReady`; `why` says what it lacked last. */
export async function untilReadyInTime(
  target: ReadinessTarget,
  health: HealthCheck | null,
  clock: Clock,
  onListens: () => void,
  signal: AbortSignal,
): Promise<{ host: string | null | undefined; why: string }> {
  let why = "it has not answered in time";
  const onReason = ({ reason }: { reason: string }) => void (why = reason);
  const over = new AbortController();
  const either = AbortSignal.any([over.signal, signal]);
  const late = clock.sleep(health?.timeoutMs ?? 0, either).then(() => over.abort());
  const host = await untilReady(target, health, { clock, workerReadyAfterMs: 0 }, { onReason, onListens }, either);
  over.abort();
  await late;
  return { host, why };
}

/** There is nothing to start it by. */
export function onlyServerKnows(workload: string): BerthError {
  return new BerthError("workload.not-found", "Nobody but the server knows how to start it.", { path: workload });
}
