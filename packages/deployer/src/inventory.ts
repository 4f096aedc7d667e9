import {
  type DesiredEnvironment,
  generationsOf,
  type Log,
  type ObservedWorkload,
  type Scope,
  type Store,
  workloadIds,
} from "@berth/core";

/**
 * Which workloads of an environment this store has had running. What a runtime has and no release names is either recorded here, and may
 * go, or was made with another store (a backup was restored, a home is a wrong one), and is left alone.
 */
export interface Inventory {
  recorded(): Promise<ReadonlySet<string>>;
  /** Records what is about to be made: whatever comes between, what was made is known to be this store's. */
  expect(workloads: readonly string[]): Promise<void>;
  /** Records what is there and wanted, or kept in the history: an earlier version of Berth has made it. */
  note(observed: ReadonlyMap<string, ObservedWorkload>, desired: DesiredEnvironment): Promise<void>;
  /** It was removed. */
  forget(workload: string): Promise<void>;
}

export function makeInventory(
  { store, log }: { store: Pick<Store, "workloads">; log: Log },
  { app, environment }: Scope,
): Inventory {
  const scope: Scope = { app, environment };
  let known: Set<string> | null = null;
  const read = async () => (known ??= new Set(await store.workloads.list(scope)));

  /** A store that cannot be written to keeps nothing from running: it is tried again with the next look. */
  async function record(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    try {
      const recorded = await read();
      const fresh = ids.filter((id) => !recorded.has(id));
      if (fresh.length === 0) return;
      await store.workloads.record(scope, fresh);
      for (const id of fresh) recorded.add(id);
    } catch (error) {
      log.warn({ err: error, ...scope }, "what runs could not be recorded; trying again with the next look");
    }
  }

  return {
    recorded: read,
    expect: record,
    async note(observed, desired) {
      const own = new Set([...workloadIds(...generationsOf(desired)), ...desired.retained]);
      await record([...observed.keys()].filter((id) => own.has(id)));
    },
    async forget(workload) {
      known?.delete(workload);
      await store.workloads.forget(scope, workload);
    },
  };
}
