import type { ObservedInstance } from "../runtime.ts";
import type { Action } from "./action.ts";
import type { DesiredEnvironment, GenerationService } from "./desired.ts";
import { isReady, type Observed } from "./replicas.ts";

/** An instance that has ended this often while its release was rolled out is given up on. */
const exitsUntilFailure = 2;

/** What listens elsewhere has read its settings: it gets so long to listen where it should, or this part of its time to start, where that is longer. */
const elsewhereMs = 10_000;
const elsewhereShare = 1 / 3;

/** Whether the rollout is to be promoted or given up, and when its time is over; nothing where it simply goes on. */
export function judgeRollout(
  desired: DesiredEnvironment,
  observed: Observed,
  now: number,
): { action: Action | null; deadlineAt: number | null } {
  const { rollout } = desired;
  if (rollout === null) return { action: null, deadlineAt: null };
  const open = rollout.services.filter((service) => !isReady(service, desired, observed));
  if (open.length === 0) return { action: { kind: "promote", version: rollout.version }, deadlineAt: null };
  let deadlineAt: number | null = null;
  for (const service of open) {
    for (const instance of observed.workloads.get(service.workload.id)?.instances ?? []) {
      const reason = failureOf(service, instance, now);
      if (reason !== null) {
        const { id: workload, service: name } = service.workload;
        return {
          action: { kind: "fail", version: rollout.version, service: name, workload, reason },
          deadlineAt: null,
        };
      }
      const endsAt = deadlineOf(service, instance);
      if (endsAt !== null) deadlineAt = Math.min(endsAt, deadlineAt ?? endsAt);
    }
  }
  return { action: null, deadlineAt };
}

function failureOf(service: GenerationService, instance: ObservedInstance, now: number): string | null {
  const exits = instance.restarts + (instance.state === "exited" ? 1 : 0);
  if (exits >= exitsUntilFailure) return instance.reason ?? "it ended again and again";
  const deadlineAt = deadlineOf(service, instance);
  if (deadlineAt === null || now < deadlineAt) return null;
  return instance.reason ?? `it was not ready within ${(service.workload.health?.timeoutMs ?? 0) / 1000} s`;
}

/** When an instance that starts must be ready. */
function deadlineOf(service: GenerationService, instance: ObservedInstance): number | null {
  const { health } = service.workload;
  if (health === null || instance.state !== "starting") return null;
  const patienceMs = Math.max(elsewhereMs, health.timeoutMs * elsewhereShare);
  const given = instance.elsewhereSince === null ? Infinity : instance.elsewhereSince + patienceMs;
  return Math.min(given, instance.startedAt + health.timeoutMs);
}
