import type { ObservedTask, Rollout } from "@berth/core";

/** Hears of a task as it is now: null where there is none, `gone` where its environment is not looked at any more. */
export type TaskListener = (task: ObservedTask | null | "gone") => void;

/** What of an environment's tasks no runtime knows: which have begun, and which somebody waits for. */
export interface FollowedTasks {
  /** Release commands that are not to be run again. */
  begun(rollout: Rollout | null): ReadonlySet<string>;
  /** Operations whose tasks stay. */
  kept(): ReadonlySet<string>;
  /** The runtime has said that it has been started. */
  hasBegun(task: string): void;
  /** An earlier server may have run the command of this release: it is waited for where it is there, and not run. */
  resume(version: number): void;
  /** The task of this operation stays from now on. */
  keep(run: string): void;
  /** Hears of the task of a kept operation at each look. */
  follow(run: string, saw: TaskListener): void;
  release(run: string): void;
  /** The task of this run stays once it has ended, for what it printed, whoever releases it. */
  hold(run: string): void;
  drop(run: string): void;
  /** Nobody looks any more. */
  close(): void;
  /** Takes what the runtime has now. */
  saw(tasks: ReadonlyMap<string, ObservedTask>): void;
}

export function makeFollowedTasks(): FollowedTasks {
  const begun = new Set<string>();
  const resumed = new Set<number>();
  const kept = new Map<string, TaskListener | null>();
  let latest: ReadonlyMap<string, ObservedTask> = new Map();
  const held = new Set<string>();
  return {
    begun(rollout) {
      if (rollout === null || !resumed.delete(rollout.version)) return begun;
      // One begins when the one before it has succeeded: those behind the first that has not cannot have begun.
      for (const { id } of rollout.commands ?? []) {
        begun.add(id);
        if (latest.get(id)?.exit?.code !== 0) break;
      }
      return begun;
    },
    kept: () => new Set([...kept.keys(), ...held]),
    hasBegun: (task) => void begun.add(task),
    resume: (version) => void resumed.add(version),
    keep: (run) => void kept.set(run, kept.get(run) ?? null),
    follow: (run, saw) => void kept.set(run, saw),
    release: (run) => void kept.delete(run),
    hold: (run) => void held.add(run),
    drop: (run) => void held.delete(run),
    close() {
      for (const saw of kept.values()) saw?.("gone");
    },
    saw(tasks) {
      latest = tasks;
      for (const { id, state } of tasks.values()) if (state !== "made") begun.add(id);
      const byRun = new Map([...tasks.values()].map((task) => [task.run, task]));
      for (const [run, saw] of kept) saw?.(byRun.get(run) ?? null);
    },
  };
}
