import { loadStirsAfterMs, type RoutingTable, type WorkloadLoad } from "@berth/core";
import { lastRequestsOf, type Loads, mergeLoads } from "./loads.ts";
import { applyMapPatch, type MapPatch } from "./map-patch.ts";

/** A router of which nothing was heard for so long, or that does not take a table for so long, is no longer counted on. */
export const silenceMs = 5_000;

export interface LoadReport {
  /** The version of the table that it routes by. Every request that it counts later came by this one or a newer one. */
  version: number;
  /** All there is, rather than what has changed. */
  isWhole: boolean;
  load: MapPatch<string, WorkloadLoad>;
}

interface Member {
  heardAt: number;
  /** The version it routes by; -1 while that is not known. */
  applied: number;
  /** Since when it has owed an answer to a newer table. */
  owesSince: number | null;
  load: Loads;
}

/** What is known of the routers in other processes: which table each has, its load, and when it was last heard of. No sockets, no clock. */
export class Roster {
  readonly #members = new Map<string, Member>();
  #version = 0;
  /** When those that are gone had their last requests. */
  #past: Loads = new Map();

  /** `known` are those that were there before a restart: they route by a table that nobody remembers, and may come back. */
  constructor(known: readonly string[], now: number) {
    for (const router of known) this.#members.set(router, newMember(now));
  }

  routers(): readonly string[] {
    return [...this.#members.keys()];
  }

  /** A connection was made; what its router had counted before stands until its first report. */
  join(router: string, now: number): void {
    const before = this.#members.get(router);
    this.#members.set(router, { ...newMember(now), load: before?.load ?? new Map(), owesSince: now });
  }

  /** There is a newer table for everyone. */
  publish(table: RoutingTable, now: number): void {
    this.#version = table.version;
    for (const member of this.#members.values()) member.owesSince ??= now;
    if ([...this.#past.keys()].some((workload) => !table.workloads.has(workload)))
      this.#past = new Map([...this.#past].filter(([workload]) => table.workloads.has(workload)));
  }

  /** Takes what a router counts, and names the workloads whose load changes after a while without. */
  report(router: string, { version, isWhole, load }: LoadReport, now: number): string[] {
    const member = this.#members.get(router);
    if (member === undefined) return [];
    const stirring = load.set.filter(([workload]) => hasRested(member.load.get(workload), now)).map(([id]) => id);
    const isNewer = version > member.applied;
    member.heardAt = now;
    member.applied = version;
    member.load = applyMapPatch(isWhole ? new Map() : member.load, load);
    if (version >= this.#version) member.owesSince = null;
    else if (isNewer) member.owesSince = now;
    return stirring;
  }

  hear(router: string, now: number): void {
    const member = this.#members.get(router);
    if (member !== undefined) member.heardAt = now;
  }

  /** It has ended, or is given up: its requests in flight count no more. */
  leave(router: string): void {
    const member = this.#members.get(router);
    if (member === undefined) return;
    this.#members.delete(router);
    this.#past = mergeLoads([this.#past, lastRequestsOf(member.load)]);
  }

  /** Gives up those that are silent, and names them. */
  leaveSilent(now: number): string[] {
    const silent = [...this.#members].filter(
      ([, { heardAt, owesSince }]) => now - Math.min(heardAt, owesSince ?? heardAt) >= silenceMs,
    );
    for (const [router] of silent) this.leave(router);
    return silent.map(([router]) => router);
  }

  /** Nobody could be heard until now. */
  beginAnew(now: number): void {
    for (const member of this.#members.values()) {
      member.heardAt = now;
      member.owesSince = null;
    }
  }

  /** Whether every router routes by this version or a newer one. */
  hasApplied(version: number): boolean {
    return [...this.#members.values()].every(({ applied }) => applied >= version);
  }

  loads(): Loads[] {
    return [this.#past, ...[...this.#members.values()].map(({ load }) => load)];
  }
}

function hasRested(load: WorkloadLoad | undefined, now: number): boolean {
  return now - (load?.lastRequestAt ?? 0) >= loadStirsAfterMs;
}

function newMember(now: number): Member {
  return { heardAt: now, applied: -1, owesSince: null, load: new Map() };
}
