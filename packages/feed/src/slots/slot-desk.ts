import type { HeldSlots, RoutedWorkload, SlotAllotment, SlotReport } from "@berth/core";
import { allotSlots, type SlotUser } from "./allot-slots.ts";

interface Holder {
  /** False of one that was there before this process, or has come just now: nobody knows what it holds. */
  hasReported: boolean;
  seq: number;
  workloads: Map<string, Holding>;
}

interface Holding {
  reported: HeldSlots;
  waitingSince: number | null;
  /** What it should have from now on. */
  quota: ReadonlyMap<string, number>;
  /** What it was told and has not said yet that it has taken: it may be going by any of these. */
  unconfirmed: { seq: number; quota: ReadonlyMap<string, number> }[];
}

interface Limited {
  limit: number;
  instances: readonly string[];
}

const nothing: HeldSlots = { held: new Map(), used: 0, want: 0 };

/**
 * Divides the slots of limited instances among the routers, and remembers what each may be using. No sockets, no clock: what a router
 * may use at most is known at any moment from what it was given and has not confirmed to have given back, so that a limit holds
 * whatever is under way between them.
 */
export class SlotDesk {
  readonly #holders = new Map<string, Holder>();
  #limited: ReadonlyMap<string, Limited> = new Map();

  /** Sets what is limited now. Instances that drain are given to nobody. */
  setWorkloads(workloads: ReadonlyMap<string, RoutedWorkload>): void {
    const limited = new Map<string, Limited>();
    for (const [id, { concurrency, instances }] of workloads) {
      if (concurrency === null) continue;
      const ids = instances.filter(({ draining }) => !draining).map(({ id: instance }) => instance);
      limited.set(id, { limit: concurrency, instances: [...new Set(ids)] });
    }
    this.#limited = limited;
  }

  /** A router is there, or was before this process and may come back: until its first report it may be using anything. */
  join(router: string): void {
    if (!this.#holders.has(router)) this.#holders.set(router, { hasReported: false, seq: 0, workloads: new Map() });
  }

  /** It is gone, or is given up: what it had is free. */
  leave(router: string): void {
    this.#holders.delete(router);
  }

  report(router: string, { seq, isWhole, workloads }: SlotReport, now: number): void {
    const holder = this.#holders.get(router);
    if (holder === undefined) return;
    // What was told over a connection that is no more has arrived by then, or never will.
    if (isWhole) holder.workloads.clear();
    holder.hasReported = true;
    for (const [id, reported] of workloads) {
      const before = holder.workloads.get(id);
      const waitingSince = reported.want === 0 ? null : (before?.waitingSince ?? now);
      const { quota, unconfirmed } = before ?? { quota: reported.held, unconfirmed: [] };
      holder.workloads.set(id, { reported, waitingSince, quota, unconfirmed });
    }
    for (const holding of holder.workloads.values())
      holding.unconfirmed = holding.unconfirmed.filter((told) => told.seq > seq);
  }

  /** What is to be told to each router now: nothing where it has what it should. */
  allot(): Map<string, SlotAllotment> {
    const changes = new Map<string, Map<string, ReadonlyMap<string, number> | null>>();
    for (const [router, holder] of this.#holders) {
      const gone = [...holder.workloads.keys()].filter((id) => !this.#limited.has(id));
      for (const id of gone) holder.workloads.delete(id);
      changes.set(router, new Map(gone.map((id) => [id, null])));
    }
    for (const [id, limited] of this.#limited)
      for (const [router, quota] of this.#divide(id, limited)) changes.get(router)!.set(id, quota);
    const allotments = new Map<string, SlotAllotment>();
    for (const [router, workloads] of changes) {
      if (workloads.size > 0) allotments.set(router, { seq: this.#note(router, workloads), workloads });
    }
    return allotments;
  }

  /** Whose share of a workload changes, and to what. */
  #divide(id: string, { limit, instances }: Limited): [string, ReadonlyMap<string, number>][] {
    const users = [...this.#holders].map(([router, holder]) => userOf(router, holder, id, { limit, instances }));
    if (this.#isDivided(id, { limit, instances }) && users.every(({ want }) => want === 0)) return [];
    const quotas = allotSlots(limit, instances, users);
    return [...quotas].filter(([router, quota]) => {
      const { hasReported, workloads } = this.#holders.get(router)!;
      return hasReported && !isSame(workloads.get(id)?.quota ?? new Map(), quota);
    });
  }

  /** Whether each slot is somebody's: then nothing moves until somebody wants more. */
  #isDivided(id: string, { limit, instances }: Limited): boolean {
    const quotas = [...this.#holders.values()].map((holder) => holder.workloads.get(id)?.quota);
    const given = (instance: string) => quotas.reduce((sum, quota) => sum + (quota?.get(instance) ?? 0), 0);
    const isKnown = (instance: string) => instances.includes(instance);
    return (
      [...this.#holders.values()].every(({ hasReported }) => hasReported) &&
      instances.every((instance) => given(instance) === limit) &&
      quotas.every((quota) => [...(quota ?? [])].every(([instance, count]) => count === 0 || isKnown(instance)))
    );
  }

  #note(router: string, workloads: SlotAllotment["workloads"]): number {
    const holder = this.#holders.get(router)!;
    holder.seq++;
    for (const [id, quota] of workloads) {
      if (quota === null) continue;
      const { reported = nothing, waitingSince = null, unconfirmed = [] } = holder.workloads.get(id) ?? {};
      const told = [...unconfirmed, { seq: holder.seq, quota }];
      holder.workloads.set(id, { reported, waitingSince, quota, unconfirmed: told });
    }
    return holder.seq;
  }
}

function userOf(router: string, holder: Holder, id: string, { limit, instances }: Limited): SlotUser {
  const { reported, waitingSince, unconfirmed } = holder.workloads.get(id) ?? {
    reported: nothing,
    waitingSince: null,
    unconfirmed: [],
  };
  const atMost = (instance: string) =>
    Math.max(reported.held.get(instance) ?? 0, ...unconfirmed.map(({ quota }) => quota.get(instance) ?? 0));
  const bound = new Map(instances.map((instance) => [instance, holder.hasReported ? atMost(instance) : limit]));
  return { router, bound, used: reported.used, want: reported.want, waitingSince };
}

/** An instance that is not named has none. */
function isSame(one: ReadonlyMap<string, number>, other: ReadonlyMap<string, number>): boolean {
  for (const [id, count] of one) if ((other.get(id) ?? 0) !== count) return false;
  for (const [id, count] of other) if ((one.get(id) ?? 0) !== count) return false;
  return true;
}
