import type { Scale } from "../../service.ts";
import type { Demand } from "./demand.ts";
import { beginHold, type Hold, hold, holdEndsAt } from "./hold.ts";

export interface BacklogInput {
  scale: Pick<Scale, "min" | "max" | "idleMs">;
  /** How much of what waits is for one instance. */
  target: number;
  /** How much waits in all; null where nobody knows. */
  backlog: number | null;
  /** How many instances were last asked for. */
  replicas: number;
}

/** What of a service's backlog is remembered from one look to the next. */
export interface BacklogMemory {
  /** What was asked for lately. */
  held: Hold;
  count: number;
}

/**
 * How many instances what waits for a worker asks for, between `min` and `max`: ⌈backlog / target⌉ at once where that is more, and the most that was
 * asked for within `idleMs` where it is less, as a HorizontalPodAutoscaler has it with KEDA's queues. A backlog is counted and no average of
 * anything, so there are no windows. What nobody knows changes nothing, and who knows no past takes what runs for needed.
 */
export function judgeBacklog(
  { scale, target, backlog, replicas }: BacklogInput,
  before: BacklogMemory | null,
  now: number,
): { demand: Demand; memory: BacklogMemory } {
  const { min, max, idleMs } = scale;
  const bounded = (count: number) => Math.min(max, Math.max(min, count));
  const last = before?.count ?? replicas;
  const asked = backlog === null ? last : neededFor(backlog, target);
  const held = hold(before?.held ?? hold(beginHold, last, idleMs, now), asked, idleMs, now);
  const count = bounded(backlog === null ? last : held[0]!.count);
  const isLeast = backlog === null || count === min;
  return { demand: { count, changesAt: isLeast ? null : holdEndsAt(held) }, memory: { held, count } };
}

/** What is not none is work for somebody. */
function neededFor(backlog: number, target: number): number {
  return backlog <= 0 ? 0 : Math.max(1, Math.ceil(backlog / target));
}
