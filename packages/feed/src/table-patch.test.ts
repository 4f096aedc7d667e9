import type { RoutingTable } from "@berth/core";
import { plainTable } from "@berth/core/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { applyTablePatch, keepUnread, makeTablePatch } from "./table-patch.ts";
import { tables } from "./testing/tables.ts";

const json = (value: object): never => JSON.parse(JSON.stringify(value)) as never;

it("makes of any table any other, also when the patch was text in between", () => {
  fc.assert(
    fc.property(tables, tables, (before, other) => {
      const after = { ...other, version: before.version + 1 };
      const unchanged = structuredClone(before);
      expect(plainTable(applyTablePatch(before, json(makeTablePatch(before, after)))!)).toEqual(after);
      expect(before).toEqual(unchanged);
    }),
  );
});

it("names nothing that is the same value in both tables", () => {
  fc.assert(
    fc.property(tables, (before) => {
      const after = { ...before, version: before.version + 1, hosts: new Map(before.hosts) };
      const none = { set: [], delete: [] };
      expect(makeTablePatch(before, after)).toMatchObject({ hosts: none, neighbours: none, workloads: none });
    }),
  );
});

it("does not apply where a table in between was missed", () => {
  fc.assert(
    fc.property(tables, tables, fc.integer({ min: 1, max: 5 }), (before, other, missed) => {
      const patch = makeTablePatch({ ...before, version: before.version + missed }, other);
      expect(applyTablePatch(before, patch)).toBeNull();
    }),
  );
});

it("keeps of what was served exactly what the server could not read", () => {
  fc.assert(
    fc.property(tables, tables, (served, table) => {
      const kept = keepUnread(served, table);
      const isUnread = ({ app }: { app: string }) => table.unread.some((scope) => scope.app === app);
      for (const part of ["hosts", "workloads"] as const) {
        for (const [key, entry] of table[part]) expect(kept[part].get(key)).toBe(entry);
        const others = [...served[part]].filter(([key]) => !table[part].has(key));
        for (const [key, entry] of others) expect(kept[part].get(key)).toBe(isUnread(entry) ? entry : undefined);
      }
    }),
  );
});

it("gives nothing up while a server reads one environment after the other", () => {
  const scope = (app: string) => ({ app, environment: "production" });
  const host = (app: string) => [`${app}.test`, { ...scope(app), version: null, routes: [], absence: null }] as const;
  const table = (hosts: string[], unread: string[]): RoutingTable => ({
    version: 1,
    hosts: new Map(hosts.map(host)),
    neighbours: new Map(),
    workloads: new Map(),
    unread: unread.map(scope),
  });
  const served = table(["shop", "blog", "gone"], []);
  const first = keepUnread(served, table([], ["shop", "blog"]));
  expect([...first.hosts.keys()]).toEqual(["shop.test", "blog.test"]);
  const second = keepUnread(first, table(["shop"], ["blog"]));
  expect([...second.hosts.keys()].toSorted()).toEqual(["blog.test", "shop.test"]);
  expect([...keepUnread(second, table(["shop"], [])).hosts.keys()]).toEqual(["shop.test"]);
});
