import {
  cronGraceMs,
  type CronRun,
  type CronTask,
  type IdentifiedTask,
  keptCronOutputs,
  keptCronRuns,
  type Scope,
} from "@berth/core";
import type { DeployerDeps } from "../deps.ts";
import { isRuntimeAway } from "../environment-faults.ts";
import type { FollowedTasks } from "../followed-tasks.ts";
import { operationError } from "../operation-errors.ts";
import { taskEnd } from "../task-end.ts";
import { brokenEnd, keptOutput, runEnd } from "./run-end.ts";

const retryMs = 2_000;

/** The runs of an environment that its schedules have begun: each is started once, waited for, and told in the history. */
export interface RunsOfSchedule {
  /** Starts a run that has been written down, in the place of others. */
  start(run: CronRun, task: IdentifiedTask, replaces: readonly CronRun[]): void;
  /** Ends it, with what it runs. */
  cancel(run: CronRun, by: string): Promise<void>;
  /** An earlier server has begun this: it is waited for where it is there, and not started. */
  resume(run: CronRun): void;
  /** Keeps what the newest runs of a service have printed, and no more. */
  keepOutputs(service: string): Promise<void>;
  /** The same for no other services than these: of those nothing is kept. */
  dropOutputs(except: ReadonlySet<string>): Promise<void>;
  /** Waits for nothing any more; what runs goes on. */
  stop(): Promise<void>;
}

export interface RunsDeps extends Pick<DeployerDeps, "runtime" | "store" | "clock" | "log"> {
  tasks: FollowedTasks;
  look(): Promise<void>;
}

export function makeRunsOfSchedule(deps: RunsDeps, scope: Scope): RunsOfSchedule {
  const { runtime, store, clock, log, tasks, look } = deps;
  const stopping = new AbortController();
  const going = new Map<string, Promise<void>>();
  /** Runs whose output is kept, with their tasks, by service. */
  const outputs = new Map<string, Map<string, string>>();
  const keeper = { followTask: tasks.follow, look };

  function go(run: CronRun, work: () => Promise<void>) {
    const done = work()
      .catch((error: unknown) => {
        if (stopping.signal.aborted) return;
        log.error({ err: error, ...scope, run: run.id }, "the end of a scheduled run could not be told");
      })
      .finally(() => going.delete(run.id));
    going.set(run.id, done);
  }

  async function follow(run: CronRun, { id, run: name, timeoutMs }: CronTask) {
    const end = await taskEnd({ keeper, run: name, timeoutMs, clock, stopping: stopping.signal });
    await store.crons.end(run, await runEnd(deps, { id, run: name, timeoutMs }, end));
    // What has ended stays for its output; all else is ended now.
    if (end.kind === "ended") tasks.hold(name);
    tasks.release(name);
    if (end.kind !== "ended") await runtime.remove(id);
    await keepOutputs(run.service);
  }

  /** In this order, so that a run which is told as ended may still be there after a crash, and is left over then, but none is gone untold. */
  async function endNow(run: CronRun, reason: string) {
    const { id, run: name } = run.task!;
    await store.crons.end(run, { ...brokenEnd(clock.now(), "failed", reason), lines: await keptOutput(deps, id) });
    tasks.release(name);
    await runtime.remove(id);
  }

  async function keepOutputs(service: string) {
    const known = outputs.get(service) ?? new Map<string, string>();
    outputs.set(service, known);
    const runs = await store.crons.list({ ...scope, service }, { limit: keptCronRuns });
    const started = runs.flatMap(({ task }) => task ?? []);
    const kept = new Map(started.slice(0, keptCronOutputs).map(({ run, id }) => [run, id]));
    for (const [run, id] of kept) {
      tasks.hold(run);
      known.set(run, id);
    }
    const running = new Set(runs.flatMap(({ task, state }) => (state === "running" && task ? task.run : [])));
    for (const [run, id] of known) if (!kept.has(run) && !running.has(run)) await drop(known, run, id);
  }

  async function drop(known: Map<string, string>, run: string, id: string) {
    tasks.drop(run);
    known.delete(run);
    // What cannot be removed now is left over, and goes with the next look.
    await runtime
      .remove(id)
      .catch((error: unknown) => log.warn({ err: error, ...scope, run }, "output is still there"));
  }

  /** Has it started, also where the runtime is away for a moment: it starts no task twice. False where that took too long. */
  async function begin(task: IdentifiedTask): Promise<boolean> {
    const deadline = clock.now() + cronGraceMs;
    for (;;) {
      try {
        await runtime.run(task);
        return true;
      } catch (error) {
        if (!isRuntimeAway(error)) throw error;
        if (clock.now() >= deadline) return false;
      }
      await clock.sleep(retryMs, stopping.signal);
      stopping.signal.throwIfAborted();
    }
  }

  return {
    start(run, task, replaces) {
      tasks.keep(run.id);
      go(run, async () => {
        for (const before of replaces) await endNow(before, "it was replaced by the run after it");
        const broken = await begin(task).then(
          (isStarted) => (isStarted ? null : brokenEnd(clock.now(), "unknown", "the runtime did not answer")),
          (error: unknown) => {
            stopping.signal.throwIfAborted();
            return brokenEnd(clock.now(), "failed", `it was not started: ${operationError(error).message}`);
          },
        );
        if (broken === null) return await follow(run, run.task!);
        await store.crons.end(run, broken);
        tasks.release(run.id);
        await runtime.remove(task.id);
      });
    },
    cancel: (run, by) => endNow(run, `it was cancelled by ${by}`),
    resume(run) {
      const { task } = run;
      if (task === null || going.has(run.id)) return;
      tasks.keep(task.run);
      go(run, () => follow(run, task));
    },
    keepOutputs,
    async dropOutputs(except) {
      for (const [service, known] of outputs)
        if (!except.has(service)) for (const [run, id] of known) await drop(known, run, id);
    },
    async stop() {
      stopping.abort();
      await Promise.all(going.values());
    },
  };
}
