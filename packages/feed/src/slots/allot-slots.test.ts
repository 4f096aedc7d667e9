import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { allotSlots, type SlotQuotas, type SlotUser } from "./allot-slots.ts";

function user(
  router: string,
  parts: Partial<Omit<SlotUser, "bound">> & { bound?: Record<string, number> } = {},
): SlotUser {
  const { bound = {}, used = 0, want = 0, waitingSince = want > 0 ? 1_000 : null } = parts;
  return { router, bound: new Map(Object.entries(bound)), used, want, waitingSince };
}

function plain(quotas: SlotQuotas): Record<string, Record<string, number>> {
  return Object.fromEntries([...quotas].map(([router, quota]) => [router, Object.fromEntries(quota)]));
}

/** Each gives back what it has too many of, since none is in use there, until nothing changes. */
function settle(limit: number, instances: readonly string[], users: readonly SlotUser[]): SlotQuotas {
  let quotas = allotSlots(limit, instances, users);
  for (let round = 0; round < 10; round++) {
    const bound = quotas;
    quotas = allotSlots(
      limit,
      instances,
      users.map((one) => ({ ...one, bound: bound.get(one.router)! })),
    );
  }
  return quotas;
}

describe("allotSlots", () => {
  it("gives all slots to a router that is alone", () => {
    expect(plain(allotSlots(80, ["a", "b"], [user("one")]))).toEqual({ one: { a: 80, b: 80 } });
  });

  it("divides what nobody uses evenly", () => {
    expect(plain(allotSlots(80, ["a"], [user("one"), user("two")]))).toEqual({ one: { a: 40 }, two: { a: 40 } });
    expect(plain(allotSlots(1, ["a", "b"], [user("one"), user("two")]))).toEqual({
      one: { a: 1, b: 0 },
      two: { a: 0, b: 1 },
    });
  });

  it("gives to nobody what another may still use, and asks for it back", () => {
    const users = [user("one", { bound: { a: 4 }, used: 1 }), user("two", { used: 0, want: 3 })];
    expect(plain(allotSlots(4, ["a"], users))).toEqual({ one: { a: 1 }, two: { a: 0 } });
    const later = [user("one", { bound: { a: 1 }, used: 1 }), user("two", { want: 3 })];
    expect(plain(allotSlots(4, ["a"], later))).toEqual({ one: { a: 1 }, two: { a: 3 } });
  });

  it("lets a single slot go round: to who has waited longest, once it is free", () => {
    const busy = user("one", { bound: { a: 1 }, used: 1, want: 5, waitingSince: 3_000 });
    const patient = user("two", { want: 1, waitingSince: 2_000 });
    expect(plain(allotSlots(1, ["a"], [busy, patient]))).toEqual({ one: { a: 0 }, two: { a: 0 } });
    expect(plain(allotSlots(1, ["a"], [{ ...busy, bound: new Map(), used: 0 }, patient]))).toEqual({
      one: { a: 0 },
      two: { a: 1 },
    });
  });

  it("takes back what is above a lower limit", () => {
    expect(plain(allotSlots(2, ["a"], [user("one", { bound: { a: 5 }, used: 5 })]))).toEqual({ one: { a: 2 } });
  });

  const instances = fc.integer({ min: 0, max: 6 }).map((count) => Array.from({ length: count }, (_, at) => `i${at}`));
  const cases = fc.record({ limit: fc.integer({ min: 1, max: 100 }), instances }).chain(({ limit, instances: ids }) =>
    fc.record({
      limit: fc.constant(limit),
      instances: fc.constant(ids),
      users: fc
        .array(
          fc.record({
            bound: fc.tuple(...ids.map(() => fc.integer({ min: 0, max: limit + 2 }))),
            used: fc.integer({ min: 0, max: 50 }),
            want: fc.integer({ min: 0, max: 50 }),
            waitingSince: fc.integer({ min: 0, max: 9 }),
          }),
          { minLength: 1, maxLength: 5 },
        )
        .map((all) =>
          all.map(({ bound, used, want, waitingSince }, at): SlotUser => {
            const entries = ids.map((id, index): [string, number] => [id, (bound as number[])[index]!]);
            return {
              router: `r${at}`,
              bound: new Map(entries),
              used,
              want,
              waitingSince: want > 0 ? waitingSince : null,
            };
          }),
        ),
    }),
  );
  const at = (id: string, counts: Iterable<ReadonlyMap<string, number>>) =>
    [...counts].reduce((total, each) => total + (each.get(id) ?? 0), 0);

  it("never raises what can be in use of an instance above its limit", () => {
    fc.assert(
      fc.property(cases, ({ limit, instances: ids, users }) => {
        const quotas = allotSlots(limit, ids, users);
        for (const id of ids) {
          const possible = users.reduce(
            (total, { router, bound }) => total + Math.max(bound.get(id) ?? 0, quotas.get(router)!.get(id)!),
            0,
          );
          const before = at(
            id,
            users.map(({ bound }) => bound),
          );
          expect(possible).toBeLessThanOrEqual(Math.max(limit, before));
          expect(at(id, quotas.values())).toBeLessThanOrEqual(limit);
          for (const quota of quotas.values()) expect(quota.get(id)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("comes to rest with no slot left over, and nobody wanting while another has more than its share", () => {
    fc.assert(
      fc.property(cases, ({ limit, instances: ids, users }) => {
        const quotas = settle(limit, ids, users);
        const total = limit * ids.length;
        const sums = users.map(({ router }) => [...quotas.get(router)!.values()].reduce((a, b) => a + b, 0));
        expect(sums.reduce((a, b) => a + b, 0)).toBe(total);
        const fair = Math.floor(total / users.length);
        for (const [index, { used, want }] of users.entries())
          expect(sums[index]!).toBeGreaterThanOrEqual(Math.min(used + want, fair));
      }),
    );
  });
});
