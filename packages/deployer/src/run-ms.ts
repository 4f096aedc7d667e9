import type { ObservedTask } from "@berth/core";

/** How long a task ran, in ms; null where that is not known: clusters tell whole seconds, and it may have begun and ended within one. */
export function runMs({ startedAt, exit }: Pick<ObservedTask, "startedAt" | "exit">): number | null {
  if (startedAt === null || exit === null || exit.at <= startedAt) return null;
  return exit.at - startedAt;
}
