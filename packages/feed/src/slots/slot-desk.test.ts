import type { HeldSlots, RoutedWorkload } from "@berth/core";
import { expect, it } from "vitest";
import { SlotDesk } from "./slot-desk.ts";

function workloads(concurrency: number, ...instances: string[]): Map<string, RoutedWorkload> {
  const routed: RoutedWorkload = {
    id: "w",
    app: "shop",
    environment: "production",
    service: "web",
    instances: instances.map((id) => ({ id, endpoint: { host: "127.0.0.1", port: 1 }, draining: false })),
    state: "running",
    reason: null,
    hint: null,
    concurrency,
  };
  return new Map([["w", routed]]);
}

function held(counts: Record<string, number>, used = 0, want = 0): Map<string, HeldSlots> {
  return new Map([["w", { held: new Map(Object.entries(counts)), used, want }]]);
}

const whole = { seq: 0, isWhole: true, workloads: new Map() };

/** What each is told, in plain objects. */
function told(desk: SlotDesk) {
  return Object.fromEntries(
    [...desk.allot()].map(([router, { seq, workloads: changed }]) => {
      const quota = changed.get("w");
      return [router, { seq, quota: quota === null || quota === undefined ? quota : Object.fromEntries(quota) }];
    }),
  );
}

function deskWith(concurrency: number, ...routers: string[]): SlotDesk {
  const desk = new SlotDesk();
  desk.setWorkloads(workloads(concurrency, "a"));
  for (const router of routers) {
    desk.join(router);
    desk.report(router, whole, 0);
  }
  return desk;
}

it("tells each router its share once, and nothing while that stands", () => {
  const desk = deskWith(10, "one", "two");
  expect(told(desk)).toEqual({ one: { seq: 1, quota: { a: 5 } }, two: { seq: 1, quota: { a: 5 } } });
  expect(told(desk)).toEqual({});
  desk.report("one", { seq: 1, isWhole: false, workloads: held({ a: 5 }) }, 0);
  expect(told(desk)).toEqual({});
});

it("moves a slot only once who had it has said that it is free", () => {
  const desk = deskWith(1, "one", "two");
  expect(told(desk)).toEqual({ one: { seq: 1, quota: { a: 1 } } });
  desk.report("one", { seq: 1, isWhole: false, workloads: held({ a: 1 }, 1) }, 1);
  desk.report("two", { seq: 0, isWhole: false, workloads: held({}, 0, 1) }, 2);
  expect(told(desk)).toEqual({ one: { seq: 2, quota: { a: 0 } } });
  // It has taken that, and its request is not over.
  desk.report("one", { seq: 2, isWhole: false, workloads: held({ a: 1 }, 1) }, 3);
  expect(told(desk)).toEqual({});
  desk.report("one", { seq: 2, isWhole: false, workloads: held({ a: 0 }) }, 4);
  expect(told(desk)).toEqual({ two: { seq: 1, quota: { a: 1 } } });
});

it("gives nothing away that a router from before may have, until it has said what it has or is given up", () => {
  const desk = deskWith(4, "one");
  desk.join("from before");
  expect(told(desk)).toEqual({});
  desk.report("from before", { seq: 0, isWhole: true, workloads: held({ a: 3 }, 3) }, 0);
  expect(told(desk)).toEqual({ one: { seq: 1, quota: { a: 1 } } });
  desk.leave("from before");
  expect(told(desk)).toEqual({ one: { seq: 2, quota: { a: 4 } } });
});

it("counts on nothing that was told over a connection that is no more", () => {
  const desk = deskWith(4, "one");
  expect(told(desk)).toEqual({ one: { seq: 1, quota: { a: 4 } } });
  desk.report("one", whole, 0);
  expect(told(desk)).toEqual({ one: { seq: 2, quota: { a: 4 } } });
});

it("follows the instances, and ends with the limit", () => {
  const desk = deskWith(2, "one");
  told(desk);
  desk.report("one", { seq: 1, isWhole: false, workloads: held({ a: 2 }) }, 0);
  desk.setWorkloads(workloads(2, "a", "b"));
  expect(told(desk)).toEqual({ one: { seq: 2, quota: { a: 2, b: 2 } } });
  desk.setWorkloads(new Map());
  expect(told(desk)).toEqual({ one: { seq: 3, quota: null } });
  expect(told(desk)).toEqual({});
});
