import { type ErrorCode, type Generation, isConflict, type Log, type ObservedWorkload, type Scope } from "@berth/core";
import { operationError } from "./operation-errors.ts";
import type { WorkloadFault } from "./routes.ts";

/** Nothing is wrong with a release whose runtime is away for a moment. */
const runtimeAway: ReadonlySet<string> = new Set<ErrorCode>([
  "keeper.unreachable",
  "engine.unreachable",
  "cluster.busy",
  "cluster.standby",
  "cluster.terminating",
  "cluster.unreachable",
]);

/** Whether what went wrong says nothing of what was asked for: the runtime is away, and is asked again. */
export function isRuntimeAway(error: unknown): boolean {
  return runtimeAway.has(operationError(error).code);
}

/** What went wrong by workload, by the last look. */
export type Failures = ReadonlyMap<string, unknown>;

/** What is not well in an environment: kept for status and pages, and logged once each. */
export interface EnvironmentFaults {
  current(): ReadonlyMap<string, WorkloadFault>;
  /** Logs what is new of it: it is tried again every few seconds, and may stay so for long. */
  failed(failures: Failures): void;
  /** Workloads that are there, and that the store knows nothing of. */
  unknown(): ReadonlySet<string>;
  /** Logs what is new of them: it may be all that another store has made. */
  foundUnknown(ids: readonly string[], observed: ReadonlyMap<string, ObservedWorkload>): void;
}

export function makeEnvironmentFaults(log: Log, { app, environment }: Scope): EnvironmentFaults {
  const scope: Scope = { app, environment };
  let faults: ReadonlyMap<string, WorkloadFault> = new Map();
  let unknown: ReadonlySet<string> = new Set();

  return {
    current: () => faults,
    failed(failures) {
      const before = faults;
      faults = new Map([...failures].map(([workload, error]) => [workload, faultOf(error)]));
      for (const [workload, error] of failures) {
        if (before.get(workload)?.message === faults.get(workload)?.message) continue;
        const text = "a workload could not be changed; trying again";
        if (isConflict(error)) log.warn({ why: error.message, ...scope, workload }, text);
        else log.error({ err: error, ...scope, workload }, text);
      }
    },
    unknown: () => unknown,
    foundUnknown(ids, observed) {
      const fresh = ids.filter((id) => !unknown.has(id));
      unknown = new Set(ids);
      if (fresh.length === 0) return;
      const workloads = fresh.map((id) => `${observed.get(id)!.service} ${id}`);
      log.warn(
        { ...scope, workloads },
        "this runs and no release here has made it: it is left alone; berth prune tells more",
      );
    },
  };
}

/** Why a rollout cannot go on for now; null where it can. */
export function whatIsAway({ services }: Generation, failures: Failures): string | null {
  const failed = services.flatMap(({ workload }) => failures.get(workload.id) ?? []);
  const away = failed.find(isRuntimeAway);
  if (away === undefined) return null;
  const { message, hint } = operationError(away);
  return [message, hint].filter((text) => text !== null).join(" ");
}

function faultOf(error: unknown): WorkloadFault {
  const { message, hint } = operationError(error);
  return { message, hint, isPassing: isRuntimeAway(error) };
}
