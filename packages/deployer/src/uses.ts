import { lastUseOf, type Scope } from "@berth/core";
import { type DeployerDeps, scopeKey } from "./deps.ts";
import type { Table } from "./table.ts";

/** Notes when environments were used by requests: what has come since the last time, of each at most once. */
export type NoteUses = () => Promise<void>;

export function makeNoteUses(
  { store, router, clock }: Pick<DeployerDeps, "store" | "router" | "clock">,
  table: Pick<Table, "placeOf">,
): NoteUses {
  let noted: ReadonlyMap<string, Scope & { at: number }> = new Map();

  return async () => {
    const now = clock.now();
    const requesters = router.requesters();
    const uses = new Map<string, Scope & { at: number }>();
    for (const [workload, load] of router.load()) {
      const place = table.placeOf(workload);
      const at = place === null ? null : lastUseOf(load, requesters.get(workload) ?? [], now);
      if (place === null || at === null) continue;
      const { app, environment } = place;
      const known = uses.get(scopeKey(place))?.at ?? 0;
      uses.set(scopeKey(place), { app, environment, at: Math.max(at, known) });
    }
    const fresh = [...uses].filter(([key, { at }]) => at !== noted.get(key)?.at);
    if (fresh.length > 0) await store.environments.used(fresh.map(([, use]) => use));
    noted = uses;
  };
}
