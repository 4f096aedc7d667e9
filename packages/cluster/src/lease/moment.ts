/** A moment by both of a machine's clocks. */
export interface Moment {
  /** Ms since the epoch: it can be set, and goes on while the machine sleeps. */
  wall: number;
  /** Ms since some time: it cannot be set, and may stand while the machine sleeps. */
  steady: number;
}

/** How much time has passed at the most: by it goes whoever has to stop in time. */
export function longestBetween(from: Moment, to: Moment): number {
  return Math.max(to.wall - from.wall, to.steady - from.steady);
}

/** How much time has passed at the least: by it goes whoever waits for another to have stopped. */
export function shortestBetween(from: Moment, to: Moment): number {
  return Math.max(0, Math.min(to.wall - from.wall, to.steady - from.steady));
}
