/** What a driver knows of a workload that may sleep. */
export interface Sleeper {
  id: string;
  /** App, environment and service: of each only one workload is asked for by requests. */
  place: string;
  isAsleep: boolean;
  /** When it last began to run; 0 where nobody knows. */
  wokenAt: number;
  /** When it last ceased to. */
  sleptAt: number;
}

/**
 * The workloads that a container is made for before anybody asks: of each service that which ran last, where it sleeps, for what ran before it is an
 * older release; of all services those `max` that fell asleep last.
 */
export function choosePrepared(known: readonly Sleeper[], max: number): string[] {
  const newest = new Map<string, Sleeper>();
  for (const one of known) {
    const other = newest.get(one.place);
    if (other === undefined || isNewer(one, other)) newest.set(one.place, one);
  }
  return [...newest.values()]
    .filter(({ isAsleep }) => isAsleep)
    .toSorted((a, b) => b.sleptAt - a.sleptAt || (a.id < b.id ? -1 : 1))
    .slice(0, max)
    .map(({ id }) => id);
}

function isNewer(one: Sleeper, other: Sleeper): boolean {
  return one.wokenAt !== other.wokenAt ? one.wokenAt > other.wokenAt : one.id < other.id;
}
