/** By `at`, ms since the epoch, all load so far had come to `total`, in load × ms. Between two points it was even. */
export interface LoadPoint {
  at: number;
  total: number;
}

/** What is read more often than this part of a window takes no more room. */
const mostPoints = 240;

/** Adds the newest point, and forgets what is older than the window. A clock that was set back begins anew. */
export function extendSeries(points: readonly LoadPoint[], next: LoadPoint, windowMs: number): readonly LoadPoint[] {
  const last = points.at(-1);
  if (last === undefined || next.at < last.at) return [next];
  const isNear = points.length > 1 && last.at - points.at(-2)!.at < windowMs / mostPoints;
  const kept = isNear || next.at === last.at ? points.slice(0, -1) : points;
  const firstInside = kept.findIndex(({ at }) => at > next.at - windowMs);
  // The window begins between two points: the one before it is needed.
  const from = firstInside === -1 ? kept.length - 1 : firstInside - 1;
  return [...kept.slice(Math.max(0, from)), next];
}

/**
 * The time-weighted average of the load in the window that ends with the newest point: (total(end) − total(end − window)) / window.
 * Before the first point there was none. Exact where the window begins at a point, or within a time of even load.
 */
export function averageLoad(points: readonly LoadPoint[], windowMs: number): number {
  const last = points.at(-1);
  if (last === undefined) return 0;
  // A reading that was too high is corrected by the next one.
  return Math.max(0, (last.total - totalAt(points, last.at - windowMs)) / windowMs);
}

function totalAt(points: readonly LoadPoint[], at: number): number {
  const after = points.findIndex((point) => point.at > at);
  const [before, next] = [points[after - 1], points[after]];
  if (next === undefined) return points.at(-1)!.total;
  if (before === undefined) return next.total;
  return before.total + ((next.total - before.total) * (at - before.at)) / (next.at - before.at);
}
