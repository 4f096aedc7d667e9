import {
  type Cron,
  cronGraceMs,
  type CronRun,
  cronRunId,
  decideCron,
  type GenerationService,
  isShortLived,
  makeCronTask,
  makeSchedule,
  scheduleKey,
  type Scope,
} from "@berth/core";
import type { StoredDesire } from "../desired.ts";
import type { DeployerDeps } from "../deps.ts";
import type { FollowedTasks } from "../followed-tasks.ts";
import { startLookLoop } from "../look-loop.ts";
import { makeRunsOfSchedule } from "./runs-of-schedule.ts";

const retryMs = 2_000;
/** A timer does not follow a clock that is set, nor a machine that sleeps; so often what is due by the clock is on time all the same. */
const lookEveryMs = cronGraceMs / 2;

/** Runs what of an environment has a schedule, when it is due. */
export interface Crons {
  /** Takes what is live now. At the first time it finds what an earlier server has begun, before anybody takes that for something left over. */
  saw(stored: StoredDesire | null): Promise<void>;
  /** Somebody has paused a schedule, or lets it go on. */
  look(): Promise<void>;
  /** Ends one that its schedule has begun, for somebody. */
  cancel(run: CronRun, by: string): Promise<void>;
  /** Starts nothing any more; what runs goes on. */
  stop(): Promise<void>;
}

interface Scheduled {
  service: GenerationService;
  cron: Cron;
}

export function makeCrons(
  deps: DeployerDeps,
  scope: Scope,
  { tasks, look }: { tasks: FollowedTasks; look(): Promise<void> },
): Crons {
  const { store, clock, log } = deps;
  const runs = makeRunsOfSchedule({ ...deps, tasks, look }, scope);
  let live: StoredDesire["live"] = null;
  let scheduled: readonly Scheduled[] = [];
  let hasResumed = false;

  const loop = startLookLoop({
    pass,
    retryMs,
    clock,
    onError: (error) => log.error({ err: error, ...scope }, "looking at schedules failed; trying again"),
  });

  async function pass(): Promise<number | null> {
    if (scheduled.length === 0) return null;
    const memories = new Map((await store.crons.memories(scope)).map((memory) => [memory.service, memory]));
    const running = await store.crons.running(scope);
    resume(running);
    const times: number[] = [];
    for (const { service, cron } of scheduled) {
      const name = service.workload.service;
      const memory = memories.get(name) ?? null;
      const standing = {
        cron,
        memory,
        times: makeSchedule(cron.schedule, cron.timezone),
        liveAt: live?.liveAt ?? clock.now(),
        running: running.filter((run) => run.service === name),
      };
      const { checkedAt, missed, due, nextAt } = decideCron(standing, clock.now());
      if (nextAt !== null) times.push(nextAt);
      const schedule = scheduleKey(cron);
      const isKnown = memory?.schedule === schedule && memory.checkedAt === checkedAt;
      if (isKnown || memory?.paused) continue;
      const made = [
        ...(missed === null ? [] : [missedRun(name, missed)]),
        ...(due === null ? [] : [dueRun(service, due)]),
      ];
      // Before anything is started: whatever comes between, what was due is not started twice.
      const added = await store.crons.check({ ...scope, service: name, schedule, checkedAt }, made);
      const run = made.find(({ id, state }) => state === "running" && added.includes(id));
      if (run === undefined) continue;
      const replaced = standing.running.filter(({ id }) => due?.replaces.includes(id));
      runs.start(run, taskOf(service, cron, run.id), replaced);
    }
    return times.length === 0 ? null : Math.min(...times, clock.now() + lookEveryMs);
  }

  function taskOf({ workload }: GenerationService, { timeoutMs }: Cron, run: string) {
    return makeCronTask(workload, { run, timeoutMs }, deps.installationKey);
  }

  function makeRun(service: string, dueAt: number, more: Partial<CronRun>): CronRun {
    return {
      ...scope,
      id: cronRunId(service, dueAt),
      service,
      state: "running",
      dueAt,
      count: 1,
      cause: { kind: "schedule" },
      version: null,
      task: null,
      startedAt: null,
      endedAt: null,
      exitCode: null,
      reason: null,
      lines: [],
      ...more,
    };
  }

  function missedRun(service: string, { count, newest }: { count: number; newest: number }): CronRun {
    return makeRun(service, newest, { state: "missed", count, reason: "nobody was there to start it" });
  }

  function dueRun(service: GenerationService, { at, does }: { at: number; does: "start" | "skip" }): CronRun {
    const name = service.workload.service;
    if (does === "skip") return makeRun(name, at, { state: "skipped", reason: "the one before it still went on" });
    const run = cronRunId(name, at);
    const cron = service.workload.cron!;
    return makeRun(name, at, {
      version: live!.version,
      task: { id: taskOf(service, cron, run).id, run, timeoutMs: cron.timeoutMs },
    });
  }

  /** Those that nobody here waits for: an earlier server has begun them. What somebody asked for belongs to its operation. */
  function resume(running: readonly CronRun[]) {
    for (const run of running) if (run.cause.kind === "schedule") runs.resume(run);
  }

  return {
    async saw(stored) {
      if (stored === null) return;
      if (!hasResumed) resume(await store.crons.running(scope));
      hasResumed = true;
      if (stored.live?.version === live?.version) return;
      const isPreview = isShortLived(stored.environment.kind);
      const next = (stored.live?.services ?? []).flatMap((service): Scheduled[] => {
        const { cron } = service.workload;
        return cron === undefined || (isPreview && !cron.inPreviews) ? [] : [{ service, cron }];
      });
      const names = new Set(next.map(({ service }) => service.workload.service));
      const gone = (await store.crons.memories(scope)).filter(
        ({ service, schedule }) => !names.has(service) && schedule !== "",
      );
      await store.crons.forget(
        scope,
        gone.map(({ service }) => service),
      );
      for (const name of names) await runs.keepOutputs(name);
      await runs.dropOutputs(names);
      live = stored.live;
      scheduled = next;
      void loop.look();
    },
    look: loop.look,
    cancel: runs.cancel,
    async stop() {
      await loop.stop();
      await runs.stop();
    },
  };
}
