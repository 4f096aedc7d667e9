import { setImmediate } from "node:timers/promises";
import {
  BerthError,
  type Clock,
  compareEfficiency,
  type EnvironmentEfficiency,
  judgeEfficiency,
  keptUsageMs,
  type Page,
  type Scope,
  type Store,
} from "@berth/core";

interface EfficiencyDeps {
  store: Pick<Store, "environments" | "releases" | "usage">;
  clock: Pick<Clock, "now">;
}

/** What all environments that serve something took in the last day, of one app or of all, worst first. */
export async function judgeAll({ store, clock }: EfficiencyDeps, app: string | null): Promise<EnvironmentEfficiency[]> {
  const since = clock.now() - keptUsageMs;
  const judged: EnvironmentEfficiency[] = [];
  for (const { app: its, name, live } of await store.environments.listActive()) {
    if (live === null || (app !== null && its !== app)) continue;
    const scope: Scope = { app: its, environment: name };
    const release = await store.releases.get(scope, live);
    if (release === null) continue;
    const buckets = Map.groupBy(await store.usage.list(scope, since), ({ service }) => service);
    const services = release.snapshot.services.map(({ spec: { name: service, listens, scale, resources } }) => ({
      service,
      listens,
      scale,
      resources,
      buckets: buckets.get(service) ?? [],
    }));
    judged.push(judgeEfficiency(scope, services));
    // Reading a day of a thousand environments takes a while: requests come in between.
    await setImmediate();
  }
  return judged.toSorted(compareEfficiency);
}

/** Names an environment in a page's `after`. */
export function efficiencyKey({ app, environment }: Scope): string {
  return `${app}/${environment}`;
}

/** A page of a list that is made anew each time. Throws `input.invalid` where what it is to go on after is in it no more. */
export function pageOfEfficiency(
  all: readonly EnvironmentEfficiency[],
  { limit, after }: Page<string>,
): EnvironmentEfficiency[] {
  if (after === undefined) return all.slice(0, limit);
  const place = all.findIndex((one) => efficiencyKey(one) === after);
  if (place >= 0) return all.slice(place + 1, place + 1 + limit);
  throw new BerthError("input.invalid", `There is no ${JSON.stringify(after)} to go on after.`, {
    path: "after",
    hint: "Read the list from its beginning again.",
  });
}
