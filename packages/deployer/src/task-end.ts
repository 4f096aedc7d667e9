import type { Clock, ObservedTask } from "@berth/core";
import type { EnvironmentKeeper } from "./environment.ts";
import { waitText } from "./wait-text.ts";

/**
 * - `ended`: it has run to its end
 * - `lost`: it is not there any more, and nobody knows how it ended
 * - `gone`: it went with its environment
 * - `not-started`: no room, or no image, for as long as that is waited for
 * - `timed-out`: it goes on, and should not
 */
export type TaskEnd =
  | { kind: "ended" | "timed-out"; task: ObservedTask }
  | { kind: "not-started"; reason: string }
  | { kind: "lost" }
  | { kind: "gone" };

export interface AwaitedTask {
  keeper: Pick<EnvironmentKeeper, "followTask" | "look">;
  /** What it runs for. */
  run: string;
  /** So long it may go on; null: for ever. */
  timeoutMs: number | null;
  clock: Clock;
  /** Rejects with its reason where that is not waited for any more. */
  stopping: AbortSignal;
  /** Told each reason why it has not started, once. */
  tell?(reason: string): void;
}

/** Resolves when a task, which is kept, will not go on by itself. */
export async function taskEnd({ keeper, run, timeoutMs, clock, stopping, tell }: AwaitedTask): Promise<TaskEnd> {
  const told = new Set<string>();
  const over = new AbortController();
  let alarmAt = Infinity;
  // What was looked at while it was started may not have it yet.
  let isMissing = false;
  const wait = async (at: number) => {
    if (at >= alarmAt) return;
    alarmAt = at;
    await clock.sleep(at - clock.now(), over.signal);
    if (!over.signal.aborted) void keeper.look();
  };
  const { promise, resolve, reject } = Promise.withResolvers<TaskEnd>();
  const giveUp = () => reject(stopping.reason);
  stopping.addEventListener("abort", giveUp, { once: true });
  try {
    stopping.throwIfAborted();
    keeper.followTask(run, (task) => {
      if (task === "gone") return resolve({ kind: "gone" });
      if (task === null) {
        if (isMissing) return resolve({ kind: "lost" });
        isMissing = true;
        return void keeper.look();
      }
      const { state, startedAt, reason, givenUpAt } = task;
      if (state === "ended") return resolve({ kind: "ended", task });
      const endsAt = startedAt === null ? givenUpAt : timeoutMs === null ? null : startedAt + timeoutMs;
      if (endsAt !== null) {
        if (clock.now() < endsAt) void wait(endsAt);
        else if (startedAt !== null) return resolve({ kind: "timed-out", task });
        else return resolve({ kind: "not-started", reason: reason ?? "it was not started in time" });
      }
      if (startedAt !== null || reason === null) return;
      if (!told.has(reason)) tell?.(waitText(reason, task));
      told.add(reason);
    });
    void keeper.look();
    return await promise;
  } finally {
    stopping.removeEventListener("abort", giveUp);
    over.abort();
  }
}
