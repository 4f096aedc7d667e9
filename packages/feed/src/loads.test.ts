import fc from "fast-check";
import { expect, it } from "vitest";
import { isSameLoad, lastRequestsOf, type Loads, mergeLoads } from "./loads.ts";
import { applyMapPatch, makeMapPatch } from "./map-patch.ts";
import { loads } from "./testing/tables.ts";

const idsOf = (several: readonly Loads[]) => new Set(several.flatMap((load) => [...load.keys()]));

it("counts what is in flight of all together, by workload and by instance", () => {
  fc.assert(
    fc.property(fc.array(loads, { maxLength: 4 }), (several) => {
      const merged = mergeLoads(several);
      expect(new Set(merged.keys())).toEqual(idsOf(several));
      for (const [id, { inFlight, lastRequestAt, instances }] of merged) {
        const all = several.flatMap((load) => load.get(id) ?? []);
        expect(inFlight).toBe(all.reduce((sum, one) => sum + one.inFlight, 0));
        expect(lastRequestAt ?? -1).toBe(Math.max(...all.map((one) => one.lastRequestAt ?? -1)));
        for (const [instance, count] of instances)
          expect(count).toBe(all.reduce((sum, one) => sum + (one.instances.get(instance) ?? 0), 0));
      }
    }),
  );
});

it("does not depend on the order, and changes none of them", () => {
  fc.assert(
    fc.property(loads, loads, loads, (one, two, three) => {
      const before = structuredClone([one, two, three]);
      expect(mergeLoads([one, two, three])).toEqual(mergeLoads([three, mergeLoads([two, one])]));
      expect([one, two, three]).toEqual(before);
    }),
  );
});

it("leaves of a router that is gone when it had requests, and none in flight", () => {
  fc.assert(
    fc.property(loads, (load) => {
      const left = lastRequestsOf(load);
      for (const [id, { lastRequestAt }] of load) expect(left.get(id)?.lastRequestAt ?? null).toBe(lastRequestAt);
      for (const { inFlight, instances } of left.values()) expect([inFlight, instances.size]).toEqual([0, 0]);
    }),
  );
});

it("is told by its changes", () => {
  fc.assert(
    fc.property(loads, loads, (before, after) => {
      const changes = makeMapPatch(before, after, isSameLoad);
      expect(applyMapPatch(before, changes)).toEqual(after);
      expect(makeMapPatch(after, structuredClone(after), isSameLoad)).toEqual({ set: [], delete: [] });
    }),
  );
});
