import type { ObservedWorkload } from "../runtime.ts";
import type { Autoscale } from "../service.ts";
import type { Action, Decision } from "./action.ts";
import { type DesiredEnvironment, servicesById } from "./desired.ts";
import { judgeCommands, leftTasks } from "./release-command.ts";
import { type Observed, surplusInstances, wantedReplicas } from "./replicas.ts";
import { judgeStarts } from "./rollback/drill.ts";
import { judgeRollout } from "./rollout.ts";

/** How long an instance that is to go may finish its requests. */
const drainTimeoutMs = 30_000;
/** How often an instance that drains is looked at. */
const drainPollMs = 50;

/** Instances that get no new requests, and since when. */
export type Draining = ReadonlyMap<string, number>;

/**
 * What is to be done now so that an environment becomes what it should be. No I/O, and no memory: the same inputs give the same answer,
 * applying the actions and looking again leads to none (it settles), and any half-made state is a starting point like every other. What the
 * store knows nothing of is left as it is: with a wrong or an older database that may be all that runs.
 */
export function decide(desired: DesiredEnvironment, observed: Observed, draining: Draining, now: number): Decision {
  const actions: Action[] = [];
  const command = judgeCommands(desired, observed, now);
  // Nothing of a release starts before its commands have succeeded.
  const startable = command.isDone ? desired : { ...desired, rollout: null };
  const { replicas, autoscales, changesAt } = wantedReplicas(startable, observed, now);
  const times = [changesAt, command.deadlineAt];
  const services = servicesById(desired);
  const isKnown = (id: string) => services.has(id) || desired.retained.has(id) || desired.recorded.has(id);
  const known = [...observed.workloads.values()].filter(({ id }) => isKnown(id));
  for (const { id, autoscale = null } of known)
    if (autoscale !== null && !autoscales.has(id)) actions.push({ kind: "autoscale", workload: id, to: null });
  for (const [id, count] of replicas) {
    const current = observed.workloads.get(id);
    if (current === undefined && count === 0) continue;
    if (current === undefined || !current.isWhole)
      actions.push({ kind: "ensure", workload: services.get(id)!.workload });
    if ((current?.replicas ?? 0) < count) actions.push({ kind: "scale", workload: id, replicas: count });
  }
  for (const [id, to] of autoscales)
    if (!isSame(observed.workloads.get(id)?.autoscale ?? null, to))
      actions.push({ kind: "autoscale", workload: id, to });
  for (const workload of known) {
    const count = replicas.get(workload.id) ?? 0;
    if (workload.replicas > count) {
      const step = shrink(workload, count, observed, draining, now);
      actions.push(...step.actions);
      times.push(step.lookAgainAt);
    } else if (!services.has(workload.id) && !desired.retained.has(workload.id)) {
      actions.push({ kind: "remove", workload: workload.id });
    }
  }
  for (const { id } of leftTasks(desired, observed)) actions.push({ kind: "remove", workload: id });
  if (command.action !== null) actions.push(command.action);
  const { action, deadlineAt } = judgeRollout(startable, observed, now);
  if (action !== null) actions.push(action);
  times.push(deadlineAt);
  for (const { services: drilled } of desired.drilled) times.push(judgeStarts(drilled, observed, now).lookAgainAt);
  const unknown = [...observed.workloads.keys()].filter((id) => !isKnown(id));
  const lookAgainAt = times.reduce((a, b) => (a === null ? b : b === null ? a : Math.min(a, b)), null);
  return { actions, unknown, lookAgainAt };
}

/**
 * Takes instances away from a workload: first from the routes, then, when nothing is in flight any more, from the machine. They drain until they
 * are seen to stop: a request that came to one while the runtime stops it would be lost.
 */
function shrink(
  workload: ObservedWorkload,
  replicas: number,
  observed: Observed,
  draining: Draining,
  now: number,
): { actions: readonly Action[]; lookAgainAt: number | null } {
  const { id } = workload;
  const leaving = surplusInstances(workload.instances, replicas).filter(({ endpoint }) => endpoint !== null);
  const scale: Action = { kind: "scale", workload: id, replicas };
  if (leaving.length === 0) return { actions: [scale], lookAgainAt: null };
  const drain: Action = { kind: "drain", workload: id, instances: leaving.map((instance) => instance.id) };
  if (leaving.every((instance) => isDrained(instance.id, id, observed, draining, now)))
    return { actions: [drain, scale], lookAgainAt: null };
  return { actions: [drain], lookAgainAt: now + drainPollMs };
}

function isDrained(instance: string, workload: string, observed: Observed, draining: Draining, now: number): boolean {
  const since = draining.get(instance);
  if (since === undefined) return false;
  return (observed.load.get(workload)?.instances.get(instance) ?? 0) === 0 || now - since >= drainTimeoutMs;
}

function isSame(a: Autoscale | "unknown" | null, b: Autoscale): boolean {
  return (
    a !== null &&
    a !== "unknown" &&
    a.min === b.min &&
    a.max === b.max &&
    a.cpuPercent === b.cpuPercent &&
    a.idleMs === b.idleMs
  );
}
