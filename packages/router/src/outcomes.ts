import type { Clock, Log } from "@berth/core";
import type { Instance } from "./instance.ts";
import type { Outcome } from "./instance-health.ts";
import type { Workload } from "./workload.ts";

/** Notes how an instance took a request. One that fails again and again gets none for a while, which is logged. */
export function noteOutcome(
  workload: Workload,
  instance: Instance,
  outcome: Outcome,
  { clock, log }: { clock: Clock; log: Log },
): void {
  if (outcome === "answered" && instance.health.isGood) return;
  const restMs = workload.saw(instance, outcome, clock.now());
  if (restMs === null) return;
  const { app, environment, service } = workload.routed;
  const why = outcome === "unreached" ? "it accepts no connections" : "it answers with errors, and others do not";
  const fields = { app, environment, service, instance: instance.id, restMs };
  log.warn(fields, `an instance gets no requests for a while: ${why}`);
}
