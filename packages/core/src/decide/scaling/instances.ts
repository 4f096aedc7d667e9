import { beginHold, type Hold, hold, holdEndsAt } from "./hold.ts";
import type { ScalingRules } from "./rules.ts";

/** What the number of instances follows. Load is requests in flight, or thousandths of a processor. */
export interface ScalingInput {
  /** The load's averages over the two windows. */
  stable: number;
  panic: number;
  /** How much load an instance should have, and how much it can have. */
  target: number;
  capacity: number;
  /** Load that may come on top of the average. */
  burst: number;
  /** Load that is off by no more than this part of what the ready instances should have asks for as many as there are. */
  tolerance: number;
  ready: number;
  /** How many were last asked for. */
  replicas: number;
  min: number;
  max: number;
  /** How long less load has to last until instances end. */
  delayMs: number;
}

/** What of earlier decisions bears on the next one. */
export interface ScalingState {
  /** While the load is too much for what is ready, and for a stable window after that, nothing is taken away. */
  panicUntil: number | null;
  panicMost: number;
  /** What was asked for during the delay. */
  held: Hold;
}

export interface ScalingDecision {
  count: number;
  state: ScalingState | null;
  /** When the number may change though the load does not. */
  changesAt: number | null;
}

/**
 * How many instances a load asks for: at least one, and never outside `min` and `max`; that it sleeps without requests is decided elsewhere.
 * After Knative's autoscaler (knative/serving, pkg/autoscaler/scaling/autoscaler.go), with r instances ready:
 *
 * - needed(average) = ⌈average / target⌉, and not less than ⌈(average + burst) / capacity⌉
 * - panic, where needed(panic) / r ≥ panicThreshold, and until a stable window has passed without: the most that was needed since it began
 * - else needed(stable), and of what is ready as many as needed(panic)
 * - of what was asked for within `delayMs` the most (there the scale-down delay)
 * - between ⌊r / maxDownRate⌋ and ⌈r × maxUpRate⌉
 *
 * With a tolerance needed(average) is r where |average / (r × target) − 1| ≤ tolerance, as HorizontalPodAutoscaler has it.
 * Otherwise than there nothing is taken away that the short window asks for: a peak that comes again and again is none to the long one. And the
 * delay comes before the rate: what has waited is halved as fast as instances end. While none is ready nothing
 * changes: what waits for the first one says little of what it will need (knative/serving issue 4344). Who knows no past, as after a restart,
 * takes what runs for needed until a stable window has passed.
 */
export function decideInstances(
  input: ScalingInput,
  before: ScalingState | null,
  rules: Pick<ScalingRules, "stableMs" | "panicThreshold" | "maxUpRate" | "maxDownRate">,
  now: number,
): ScalingDecision {
  const { ready, replicas, min, max, delayMs } = input;
  const bounded = (count: number) => Math.min(max, Math.max(1, min, count));
  // What slept has no past.
  if (ready === 0) return { count: bounded(replicas), state: replicas === 0 ? null : before, changesAt: null };
  const { panicUntil: panicked, panicMost: most, held: heldBefore } = before ?? beginState(replicas, rules, now);
  const needed = { stable: neededFor(input.stable, input), panic: neededFor(input.panic, input) };
  const isOver = needed.panic / ready >= rules.panicThreshold;
  const panicUntil = isOver ? now + rules.stableMs : panicked !== null && panicked > now ? panicked : null;
  const panicMost = panicUntil === null ? 0 : Math.max(most, needed.stable, needed.panic);
  const calm = Math.max(needed.stable, Math.min(needed.panic, ready));
  const held = hold(heldBefore, panicUntil === null ? calm : panicMost, delayMs, now);
  const fewest = Math.floor(ready / rules.maxDownRate);
  const count = bounded(Math.min(Math.ceil(ready * rules.maxUpRate), Math.max(fewest, held[0]!.count)));
  const canFall = count > bounded(0);
  const ends = canFall ? [panicUntil, holdEndsAt(held)].filter((at) => at !== null) : [];
  return {
    count,
    state: { panicUntil, panicMost, held },
    changesAt: ends.length === 0 ? null : Math.min(...ends),
  };
}

function beginState(replicas: number, { stableMs }: Pick<ScalingRules, "stableMs">, now: number): ScalingState {
  const knows = replicas <= 1;
  return { panicUntil: knows ? null : now + stableMs, panicMost: knows ? 0 : replicas, held: beginHold };
}

/** So little more than a whole number of instances comes of adding up. */
const rounding = 1e-9;

function neededFor(average: number, { target, capacity, burst, tolerance, ready }: ScalingInput): number {
  if (tolerance > 0 && Math.abs(average / (ready * target) - 1) <= tolerance + rounding) return ready;
  return Math.ceil(Math.max(average / target, (average + burst) / capacity) - rounding);
}
