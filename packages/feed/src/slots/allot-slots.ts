/** A router, as one of those who share the slots of a workload's instances. */
export interface SlotUser {
  router: string;
  /** How many slots it may be using, by instance: what it was given last, and what it has not said yet that it has given back. */
  bound: ReadonlyMap<string, number>;
  /** Requests that it has at instances. */
  used: number;
  /** Requests that wait for a slot. */
  want: number;
  /** Since when some wait (ms since the epoch); null where none does. */
  waitingSince: number | null;
}

/** By router, by instance. */
export type SlotQuotas = ReadonlyMap<string, ReadonlyMap<string, number>>;

/**
 * Divides the slots of instances, `limit` each, among routers: by max-min fairness (Bertsekas and Gallager, Data Networks, 6.5.2) of what
 * each could use, and what is left over evenly. Where there are fewer slots than routers that could use one, they go to who
 * has waited longest. A slot that one may still be using is given to nobody: who has too many is asked to give back, and what has been
 * given back is divided the next time.
 */
export function allotSlots(limit: number, instances: readonly string[], users: readonly SlotUser[]): SlotQuotas {
  const shares = divide(limit * instances.length, users);
  const quotas = new Map(users.map(({ router, bound }) => [router, pick(bound, instances)]));
  const free = new Map(instances.map((id) => [id, Math.max(0, limit - sumAt(id, users))]));
  for (const [at, { router }] of users.entries()) shrink(quotas.get(router)!, shares[at]!);
  for (const id of instances) shrinkAt(id, limit, [...quotas.values()]);
  for (const [at, { router }] of users.entries()) grow(quotas.get(router)!, shares[at]!, free);
  return quotas;
}

/** How many each should have, in the order of the users. */
function divide(total: number, users: readonly SlotUser[]): number[] {
  const shares = users.map(() => 0);
  const byPatience = users
    .map((user, at) => ({ at, demand: user.used + user.want, since: user.waitingSince ?? Infinity }))
    .toSorted((a, b) => a.since - b.since || a.at - b.at);
  let left = total;
  let open = byPatience.filter(({ demand }) => demand > 0);
  while (left > 0 && open.length > 0) {
    const each = Math.max(1, Math.floor(left / open.length));
    for (const { at, demand } of open) {
      const more = Math.min(each, demand - shares[at]!, left);
      shares[at]! += more;
      left -= more;
    }
    open = open.filter(({ at, demand }) => shares[at]! < demand);
  }
  level(shares, left, users);
  return shares;
}

/** Gives what is left to those who have least, so that each has room for more; of equals to who has it already. */
function level(shares: number[], left: number, users: readonly SlotUser[]): void {
  const poorest = users
    .map(({ bound }, at) => ({ at, share: shares[at]!, bound: sum(bound.values()) }))
    .toSorted((a, b) => a.share - b.share || b.bound - a.bound);
  let count = poorest.length;
  const levelOf = () => Math.floor((left + sum(poorest.slice(0, count).map(({ share }) => share))) / count);
  while (count > 1 && levelOf() < poorest[count - 1]!.share) count--;
  if (count === 0) return;
  const level = levelOf();
  for (const { at, share } of poorest.slice(0, count)) left -= (shares[at] = level) - share;
  for (const { at } of poorest.slice(0, left)) shares[at]!++;
}

/** Takes from where most are, about as many everywhere. */
function shrink(quota: Map<string, number>, share: number): void {
  let over = sum(quota.values()) - share;
  for (const [place, [id, count]] of largestFirst(quota).entries()) {
    const less = Math.min(count, Math.max(0, Math.ceil(over / (quota.size - place))));
    quota.set(id, count - less);
    over -= less;
  }
  if (over > 0) shrink(quota, share);
}

/** An instance may take less than before. */
function shrinkAt(id: string, limit: number, quotas: readonly Map<string, number>[]): void {
  for (let over = sum(quotas.map((quota) => quota.get(id) ?? 0)) - limit; over > 0; over--) {
    const largest = quotas.reduce((a, b) => ((b.get(id) ?? 0) > (a.get(id) ?? 0) ? b : a));
    lower(largest, id);
  }
}

/** Gives from where most are free, about as many everywhere. */
function grow(quota: Map<string, number>, share: number, free: Map<string, number>): void {
  let lacks = share - sum(quota.values());
  for (const [place, [id, count]] of largestFirst(free).entries()) {
    const more = Math.min(count, Math.max(0, Math.ceil(lacks / (free.size - place))));
    free.set(id, count - more);
    quota.set(id, (quota.get(id) ?? 0) + more);
    lacks -= more;
  }
  if (lacks > 0 && [...free.values()].some((count) => count > 0)) grow(quota, share, free);
}

function lower(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) - 1);
}

function largestFirst(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].toSorted(([, a], [, b]) => b - a);
}

function pick(bound: ReadonlyMap<string, number>, instances: readonly string[]): Map<string, number> {
  return new Map(instances.map((id) => [id, bound.get(id) ?? 0]));
}

function sumAt(id: string, users: readonly SlotUser[]): number {
  return sum(users.map(({ bound }) => bound.get(id) ?? 0));
}

function sum(counts: Iterable<number>): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
