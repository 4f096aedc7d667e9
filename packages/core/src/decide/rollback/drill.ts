import type { DrilledService, DrillProbe, ProbeAnswer } from "../../drill.ts";
import { coversPath } from "../../routing.ts";
import { type Generation, type GenerationService, listens, workloadIds } from "../desired.ts";
import type { Observed } from "../replicas.ts";
import { judgeStart, patientUntil } from "../rollout.ts";

/** How a service that is started comes up. */
export interface ServiceStart {
  service: GenerationService;
  state: "starting" | "ready" | "failed";
  /** Why it is not ready, as a clause that begins with "it"; null where nobody knows. */
  reason: string | null;
}

export interface DrillChoice {
  started: readonly GenerationService[];
  leftOut: readonly DrilledService[];
}

/** Which services of a release a drill starts, and why not the others. */
export function chooseDrilled(
  services: readonly GenerationService[],
  live: Generation | null,
  { workers }: { workers: boolean },
): DrillChoice {
  const liveIds = new Set(workloadIds(live));
  const started: GenerationService[] = [];
  const leftOut: DrilledService[] = [];
  for (const service of services) {
    const reason = whyLeftOut(service, liveIds, workers);
    if (reason === null) started.push(service);
    else leftOut.push({ service: service.workload.service, state: "left-out", readyMs: null, reason });
  }
  return { started, leftOut };
}

function whyLeftOut(service: GenerationService, live: ReadonlySet<string>, workers: boolean): string | null {
  if (listens(service)) return null;
  const { id, kind } = service.workload;
  if (kind === "cron") return "it runs at its times, and a drill runs it at none";
  if (live.has(id)) return "it is the same in what is live";
  return workers ? null : "it would take work from the live one (--workers starts it all the same)";
}

/** How these services come up, each with one instance, and when that may change by itself. */
export function judgeStarts(
  services: readonly GenerationService[],
  observed: Observed,
  now: number,
): { starts: readonly ServiceStart[]; lookAgainAt: number | null } {
  const blamedAt = patientUntil(observed, now);
  let lookAgainAt: number | null = null;
  const starts = services.map((service): ServiceStart => {
    const workload = observed.workloads.get(service.workload.id);
    const instances = workload?.instances ?? [];
    if (instances.some(({ state }) => state === "ready")) return { service, state: "ready", reason: null };
    const { failure, deadlineAt } =
      workload === undefined || blamedAt !== null
        ? { failure: null, deadlineAt: blamedAt }
        : judgeStart(service, workload, now);
    if (failure !== null) return { service, state: "failed", reason: failure };
    if (deadlineAt !== null) lookAgainAt = Math.min(deadlineAt, lookAgainAt ?? deadlineAt);
    const reason = instances.find((instance) => instance.reason !== null)?.reason ?? workload?.refusal?.reason ?? null;
    return { service, state: "starting", reason };
  });
  return { starts, lookAgainAt };
}

export interface PlannedProbe {
  path: string;
  /** Which services take it; null: none does. */
  drilled: GenerationService | null;
  live: GenerationService | null;
}

/** What is asked of a release and of what is live: the path of each health check of the service itself, and each of `paths` where its routes lead. */
export function planProbes(
  drilled: readonly GenerationService[],
  live: readonly GenerationService[],
  paths: readonly string[],
): PlannedProbe[] {
  const asked = [...new Set(paths)].map((path) => ({
    path,
    drilled: serviceAt(drilled, path),
    live: serviceAt(live, path),
  }));
  const own = drilled.filter(listens).flatMap((service): PlannedProbe[] => {
    const { path } = service.workload.health!;
    if (asked.some((probe) => probe.path === path && probe.drilled === service)) return [];
    const { service: name } = service.workload;
    const counterpart = live.find((other) => other.workload.service === name && listens(other));
    return [{ path, drilled: service, live: counterpart ?? null }];
  });
  return [...own, ...asked];
}

/** The service whose routes take this path, as the router finds it. */
function serviceAt(services: readonly GenerationService[], path: string): GenerationService | null {
  const routes = services.flatMap((service) => service.routes.map((prefix) => ({ prefix, service })));
  const [longest] = routes
    .filter(({ prefix }) => coversPath(prefix, path))
    .toSorted((a, b) => b.prefix.length - a.prefix.length);
  return longest?.service ?? null;
}

/** Whether an answer of a release says that going back to it would be a loss: where nothing is live to compare with, what a health check would refuse. */
export function isWorse(drilled: ProbeAnswer, live: ProbeAnswer | null): boolean {
  return badness(drilled) > (live === null ? 1 : badness(live));
}

/** Whoever asks gets what they want, or is sent on; has asked for the wrong; meets an error; gets no answer. */
function badness({ status, failure }: ProbeAnswer): number {
  if (status === null || failure !== null) return 3;
  if (status >= 500) return 2;
  return status >= 400 ? 1 : 0;
}

/** A drill has passed where all came up, and no answer is worse than that of what is live. */
export function judgeDrill(services: readonly DrilledService[], probes: readonly DrillProbe[]): "passed" | "failed" {
  const isWell = services.every(({ state }) => state !== "failed") && probes.every((probe) => !probe.isWorse);
  return isWell ? "passed" : "failed";
}
