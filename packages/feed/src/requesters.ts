import type { Requester } from "@berth/core";

export type Requesters = ReadonlyMap<string, readonly Requester[]>;

const told = 5;

/** Those of all routers together: who comes to several is one. */
export function mergeRequesters(all: readonly Requesters[]): Requesters {
  const merged = new Map<string, Map<string, Requester>>();
  for (const [workload, list] of all.flatMap((one) => [...one])) {
    const byName = merged.get(workload) ?? new Map<string, Requester>();
    merged.set(workload, byName);
    for (const one of list) {
      const key = `${one.agent} ${one.network}`;
      const before = byName.get(key);
      const perHour = one.perHour + (before?.perHour ?? 0);
      byName.set(key, { ...one, perHour, lastAt: Math.max(one.lastAt, before?.lastAt ?? 0) });
    }
  }
  return new Map(
    [...merged].map(([workload, byName]) => [
      workload,
      [...byName.values()].toSorted((a, b) => b.perHour - a.perHour).slice(0, told),
    ]),
  );
}
