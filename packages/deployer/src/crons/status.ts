import { BerthError, type CronStatus, isShortLived, makeSchedule, type Scope, scheduleKey } from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { findEnvironment, findLive } from "../find.ts";
import { loadLive } from "../generation.ts";

type StatusDeps = Pick<DeployerDeps, "store" | "vault" | "drawPort" | "neighbourUrl" | "installationKey" | "clock">;

/** The services of an environment that have a schedule, and when they run. */
export async function cronStatuses(deps: StatusDeps, scope: Scope): Promise<CronStatus[]> {
  const { store, clock } = deps;
  const environment = await findEnvironment(store, scope);
  const live = await loadLive(deps, environment);
  const memories = new Map((await store.crons.memories(scope)).map((memory) => [memory.service, memory]));
  const statuses: CronStatus[] = [];
  for (const { workload } of live?.services ?? []) {
    const { service, cron } = workload;
    if (cron === undefined) continue;
    const [last = null] = await store.crons.list({ ...scope, service }, { limit: 1 });
    const paused = memories.get(service)?.paused ?? null;
    const isScheduled = !isShortLived(environment.kind) || cron.inPreviews;
    const isDue = isScheduled && paused === null;
    const { schedule, timezone, overlap, timeoutMs, catchUpMs } = cron;
    statuses.push({
      service,
      schedule,
      timezone,
      overlap,
      timeoutMs,
      catchUpMs,
      isScheduled,
      paused,
      nextAt: isDue ? makeSchedule(schedule, timezone).after(clock.now()) : null,
      last,
    });
  }
  return statuses;
}

/** The service of what is live that has a schedule. Throws `release.not-found`, `not-found`. */
export async function findCron(
  deps: Pick<DeployerDeps, "store">,
  { service: name, ...scope }: Scope & { service: string },
) {
  const environment = await findEnvironment(deps.store, scope);
  const release = await findLive(deps.store, environment, "Push a commit first.");
  const { services } = release.snapshot;
  const service = services.find(({ spec }) => spec.name === name);
  const cron = service?.spec.cron;
  if (service !== undefined && cron !== undefined) return { release, service, cron, schedule: scheduleKey(cron) };
  const names = services.filter(({ spec }) => spec.cron !== undefined).map(({ spec }) => spec.name);
  throw new BerthError("not-found", `What is live has no service ${JSON.stringify(name)} with a schedule.`, {
    path: name,
    hint: names.length === 0 ? "None of its services has one." : `It has ${names.join(", ")}.`,
  });
}
