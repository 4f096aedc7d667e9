import { type Environment, isShortLived } from "../app.ts";
import type { WorkloadLoad } from "../routing.ts";
import type { Requester } from "./kept-awake.ts";

const dayMs = 86_400_000;

/** What decides how long an environment stays. */
export type Lease = Pick<Environment, "kind" | "usedAt" | "ttlMs" | "keptUntil">;

/** When an environment goes, ms since the epoch, where nobody uses it until then; null: never. */
export function expiresAt({ kind, usedAt, ttlMs, keptUntil }: Lease): number | null {
  if (!isShortLived(kind) || ttlMs === null) return null;
  const at = Math.max(usedAt + ttlMs, keptUntil ?? 0);
  return Number.isSafeInteger(at) && at < Number.MAX_SAFE_INTEGER ? at : null;
}

/** Whether it is time to say that an environment goes: in its last day, or the second half of a short life. */
export function expiresSoon(lease: Lease, now: number): boolean {
  const at = expiresAt(lease);
  return at !== null && at - now <= Math.min(dayMs, (lease.ttlMs ?? 0) / 2);
}

/** Which environments have not been used for too long, and which soon will have been. */
export function judgeExpiry<One extends Lease>(
  environments: readonly One[],
  now: number,
): { expired: One[]; soon: One[] } {
  const expired = environments.filter((one) => (expiresAt(one) ?? Infinity) <= now);
  const soon = environments.filter((one) => !expired.includes(one) && expiresSoon(one, now));
  return { expired, soon };
}

/** An environment that somebody has used within this time makes no room for another. */
export const leastUnusedMs = dayMs;

export type CapVerdict<One> =
  /** Null: there is room. */
  | { hasRoom: true; leaving: One | null }
  /** Those that could go if somebody says so, the longest unused first. */
  | { hasRoom: false; candidates: One[] };

/** Whether an app may have one more preview, and which one makes room for it: the longest unused, where nobody is likely to miss it. */
export function judgeCap<One extends Lease>(environments: readonly One[], cap: number, now: number): CapVerdict<One> {
  const previews = environments.filter(({ kind }) => kind === "preview").toSorted((a, b) => a.usedAt - b.usedAt);
  if (previews.length < cap) return { hasRoom: true, leaving: null };
  const leaving = previews.find(({ usedAt, keptUntil }) => (keptUntil ?? 0) <= now && now - usedAt >= leastUnusedMs);
  return leaving === undefined ? { hasRoom: false, candidates: previews } : { hasRoom: true, leaving };
}

const robot = /bot|crawl|spider|monitor|uptime|probe|ping|health|check|blackbox|statuscake|site24x7|googlehc/i;
/** So many of those who ask are told of at most. */
const toldRequesters = 5;

/**
 * When a workload was last used by a person or by a neighbour; null: not that anybody knows. What asks whether it is well, or gathers pages,
 * uses nothing, where all who ask are known.
 */
export function lastUseOf(
  { inFlight, lastRequestAt }: Pick<WorkloadLoad, "inFlight" | "lastRequestAt">,
  requesters: readonly Pick<Requester, "agent" | "lastAt">[],
  now: number,
): number | null {
  const people = requesters.filter(({ agent }) => !robot.test(agent));
  const isByRobots = requesters.length > 0 && requesters.length < toldRequesters && people.length === 0;
  if (lastRequestAt === null || isByRobots) return null;
  if (inFlight > 0) return now;
  return people.length > 0 ? Math.max(...people.map(({ lastAt }) => lastAt)) : lastRequestAt;
}
