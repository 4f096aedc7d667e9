import fc from "fast-check";
import { expect, it } from "vitest";
import { differingKeys, LayeredMap } from "./layered-map.ts";

const key = fc.integer({ min: 0, max: 300 });
const change = fc.record({
  set: fc.array(fc.tuple(key, fc.integer()), { maxLength: 40 }),
  deleted: fc.array(key, { maxLength: 40 }),
});

const sorted = (map: ReadonlyMap<number, number>) => [...map].toSorted(([one], [other]) => one - other);

it("is what a map is that was changed the same way, and leaves the one before as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(key, fc.integer())), fc.array(change), (entries, changes) => {
      const plain = new Map(entries);
      let layered = LayeredMap.from<number, number>(new Map(entries));
      for (const { set, deleted } of changes) {
        const before = layered;
        const wasBefore = sorted(before);
        layered = before.with(set, deleted);
        for (const one of deleted) plain.delete(one);
        for (const [one, value] of set) plain.set(one, value);
        expect(sorted(before)).toEqual(wasBefore);
        expect(sorted(layered)).toEqual(sorted(plain));
        expect(layered.size).toBe(plain.size);
        const differing = differingKeys(before, layered).toSorted((a, b) => a - b);
        const expected = differingKeys(new Map(before), new Map(layered)).toSorted((a, b) => a - b);
        expect(differing).toEqual(expected);
        for (const one of [...deleted, ...set.map(([of]) => of)]) {
          expect(layered.get(one)).toBe(plain.get(one));
          expect(layered.has(one)).toBe(plain.has(one));
        }
      }
      expect([...layered.keys()].toSorted()).toEqual([...plain.keys()].toSorted());
      expect([...layered.values()].toSorted()).toEqual([...plain.values()].toSorted());
    }),
  );
});

it("looks at what was changed alone to tell copies of the same map apart", () => {
  let looks = 0;
  class Counting extends Map<number, object> {
    override get(of: number): object | undefined {
      looks++;
      return super.get(of);
    }
  }
  const base = LayeredMap.from(new Counting(Array.from({ length: 10_000 }, (_, at) => [at, {}] as const)));
  const changed = base.with([[5, {}]], [7]);
  expect(differingKeys(base, changed).toSorted()).toEqual([5, 7]);
  expect(looks).toBeLessThan(10);
});
