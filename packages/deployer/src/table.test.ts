import type { RoutingTable } from "@berth/core";
import { plainTable } from "@berth/core/testing";
import { expect, it } from "vitest";
import { makeEnvironmentRoutes } from "./routes.ts";
import { makeTable } from "./table.ts";
import { makeDesired, makeGeneration, makeInstance, makeService, observe } from "./testing/values.ts";

function setUp() {
  const tables: RoutingTable[] = [];
  return { tables, ...makeTable({ apply: (table) => void tables.push(table) }) };
}

/** A router that says when it has a table only when it is told to. */
function setUpSlow() {
  const answers: ((silent: string[]) => void)[] = [];
  const apply = () => new Promise<readonly string[]>((resolve) => void answers.push(resolve));
  return { answers, ...makeTable({ apply }) };
}

const shop = { app: "shop", environment: "production" };
const blog = { app: "blog", environment: "production" };

function routesOf(scope: typeof shop, id: string, ports: Record<string, number> = {}) {
  const desired = makeDesired({ live: makeGeneration(1, makeService("web", id)) });
  const observed = observe({ [id]: [makeInstance(`${id}-1`)] });
  return makeEnvironmentRoutes({
    scope,
    domain: "test",
    desired,
    observed,
    draining: new Map(),
    faults: new Map(),
    ports,
  });
}

it("puts the environments' parts together and hands over each change at once", () => {
  const { set, tables } = setUp();
  set(shop, routesOf(shop, "s1"));
  set(blog, routesOf(blog, "b1"));
  expect(tables.map(({ version }) => version)).toEqual([1, 2]);
  expect([...tables[1]!.hosts.keys()]).toEqual(["shop.test", "blog.test"]);
  expect([...tables[1]!.workloads.keys()]).toEqual(["s1", "b1"]);
});

it("hands nothing over where nothing changed", () => {
  const { set, tables } = setUp();
  set(shop, routesOf(shop, "s1"));
  set(shop, routesOf(shop, "s1"));
  set(blog, null);
  expect(tables).toHaveLength(1);
});

it("never changes a table that was handed over", () => {
  const { set, tables } = setUp();
  set(shop, routesOf(shop, "s1", { web: 30_001 }));
  const before = structuredClone(plainTable(tables[0]!));
  set(shop, routesOf(shop, "s2", { web: 30_002 }));
  set(shop, null);
  expect(plainTable(tables[0]!)).toEqual(before);
  expect([...tables[1]!.workloads.keys()]).toEqual(["s2"]);
  expect([...tables[1]!.neighbours.keys()]).toEqual([30_002]);
  expect(plainTable(tables[2]!)).toMatchObject({ hosts: new Map(), neighbours: new Map(), workloads: new Map() });
});

it("hands a batch over once, also where it fails, and not at all where nothing changed", async () => {
  const { set, batch, tables } = setUp();
  const failing = batch(async () => {
    set(shop, routesOf(shop, "s1"));
    set(blog, routesOf(blog, "b1"));
    expect(tables).toEqual([]);
    throw new Error("the rest");
  });
  await expect(failing).rejects.toThrow("the rest");
  expect(tables).toHaveLength(1);
  expect(tables[0]!.hosts.size).toBe(2);
  await batch(async () => set(shop, routesOf(shop, "s1")));
  expect(tables).toHaveLength(1);
  await batch(async () => set(shop, null));
  expect([...tables[1]!.hosts.keys()]).toEqual(["blog.test"]);
  expect(tables[0]!.hosts.size).toBe(2);
});

it("knows whose a routed workload is", () => {
  const { set, placeOf } = setUp();
  set(shop, routesOf(shop, "s1"));
  expect(placeOf("s1")).toEqual({ ...shop, service: "web" });
  expect(placeOf("b1")).toBeNull();
  set(shop, null);
  expect(placeOf("s1")).toBeNull();
});

it("says when every router has what was set, and not before", async () => {
  const { set, routed, answers } = setUpSlow();
  const over: string[] = [];
  const follow = async (name: string, scope: typeof shop) => {
    await routed(scope);
    over.push(name);
  };
  set(shop, routesOf(shop, "s1"));
  set(blog, routesOf(blog, "b1"));
  const followed = [follow("shop", shop), follow("blog", blog)];
  set(shop, routesOf(shop, "s1"));
  expect(answers).toHaveLength(2);
  answers[1]!([]);
  await followed[1];
  expect(over).toEqual(["blog"]);
  answers[0]!([]);
  await followed[0];
  expect(over).toEqual(["blog", "shop"]);
  const before = routed(shop);
  set(shop, routesOf(shop, "s2"));
  expect(routed(shop)).not.toBe(before);
});

it("says so of a batch when it is handed over", async () => {
  const { set, batch, routed, answers } = setUpSlow();
  let followed: Promise<readonly string[]> | undefined;
  await batch(async () => {
    set(shop, routesOf(shop, "s1"));
    followed = routed(shop);
  });
  expect(answers).toHaveLength(1);
  answers[0]!(["a"]);
  expect(await followed).toEqual(["a"]);
});

it("names what could not be read until it is", () => {
  const { set, setUnread, tables } = setUp();
  setUnread(shop);
  set(blog, routesOf(blog, "b1"));
  set(shop, null);
  expect(tables.map(({ unread }) => unread)).toEqual([[shop], [shop], []]);
});
