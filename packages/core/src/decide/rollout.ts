import type { ObservedInstance, ObservedWorkload } from "../runtime.ts";
import type { Action } from "./action.ts";
import type { DesiredEnvironment, GenerationService } from "./desired.ts";
import { isReady, type Observed } from "./replicas.ts";

/** An instance that has ended this often while its release was rolled out is given up on. */
const exitsUntilFailure = 2;

/** So long a runtime may refuse to make instances: what ends just now still counts in a quota. */
const refusalMs = 5_000;
/** What was not seen for a while is not given up at once when it is again: it gets so long to show itself as it is. */
const freshMs = 15_000;
/** How often it is looked whether what was not seen is again. */
const outdatedPollMs = 1_000;
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
  const blamedAt = patientUntil(observed, now);
  if (blamedAt !== null) return { action: null, deadlineAt: blamedAt };
  let deadlineAt: number | null = null;
  for (const service of open) {
    const workload = observed.workloads.get(service.workload.id);
    if (workload === undefined) continue;
    const start = judgeStart(service, workload, now);
    if (start.failure !== null) {
      const { id, service: name } = service.workload;
      return {
        action: { kind: "fail", version: rollout.version, service: name, workload: id, reason: start.failure },
        deadlineAt: null,
      };
    }
    if (start.deadlineAt !== null) deadlineAt = Math.min(start.deadlineAt, deadlineAt ?? start.deadlineAt);
  }
  return { action: null, deadlineAt };
}

/** Until when nothing is blamed for not being up, for it could not be seen; null: from now on it is. */
export function patientUntil({ outdated, freshSince = 0 }: Observed, now: number): number | null {
  if (outdated) return now + outdatedPollMs;
  const until = freshSince === 0 ? 0 : freshSince + freshMs;
  return now < until ? until : null;
}

/** Why a service that is started will not come up, as a clause; null where it may, with when its time is over. */
export function judgeStart(
  service: GenerationService,
  workload: ObservedWorkload,
  now: number,
): { failure: string | null; deadlineAt: number | null } {
  const failure = failureOf(service, workload, now);
  if (failure !== null) return { failure, deadlineAt: null };
  const deadlines = workload.instances.map((instance) => deadlineOf(service, instance));
  if (workload.refusal !== null) deadlines.push(workload.refusal.at + refusalMs);
  const known = deadlines.filter((endsAt) => endsAt !== null);
  return { failure: null, deadlineAt: known.length === 0 ? null : Math.min(...known) };
}

function failureOf(service: GenerationService, { instances, refusal }: ObservedWorkload, now: number): string | null {
  for (const instance of instances) {
    const reason = instanceFailure(service, instance, now);
    if (reason !== null) return reason;
  }
  return refusal !== null && now >= refusal.at + refusalMs ? refusal.reason : null;
}

function instanceFailure(service: GenerationService, instance: ObservedInstance, now: number): string | null {
  const exits = instance.restarts + (instance.state === "exited" ? 1 : 0);
  if (exits >= exitsUntilFailure) return instance.reason ?? "it ended again and again";
  const deadlineAt = deadlineOf(service, instance);
  if (deadlineAt === null || now < deadlineAt) return null;
  return instance.reason ?? `it was not ready within ${(service.workload.health?.timeoutMs ?? 0) / 1000} s`;
}

/** When an instance that starts must be ready, or must have started its program. */
function deadlineOf(service: GenerationService, instance: ObservedInstance): number | null {
  if (instance.givenUpAt !== null) return instance.givenUpAt;
  const { health } = service.workload;
  if (health === null || instance.state !== "starting") return null;
  const patienceMs = Math.max(elsewhereMs, health.timeoutMs * elsewhereShare);
  const given = instance.elsewhereSince === null ? Infinity : instance.elsewhereSince + patienceMs;
  return Math.min(given, instance.startedAt + health.timeoutMs);
}
