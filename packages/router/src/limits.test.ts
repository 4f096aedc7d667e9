import type { ServerResponse } from "node:http";
import type { SlotReport } from "@berth/core";
import { expect, it } from "vitest";
import { ask } from "./support/request.ts";
import { openSocket, startInstance, startRouter, until } from "./support/servers.ts";

/** An instance that answers when it is told to, and knows how many requests it has had at once. */
async function startHeld() {
  const open: ServerResponse[] = [];
  let most = 0;
  const { port } = await startInstance((_, res) => {
    open.push(res);
    most = Math.max(most, open.length);
  });
  return { port, open, most: () => most, answer: () => open.shift()?.end("ok") };
}

it("an instance gets no more requests at once than it takes; the others wait, and who came first goes first", async () => {
  const one = await startHeld();
  const { port, router } = await startRouter([{ id: "web", ports: [one.port], concurrency: 2 }]);
  const ended: number[] = [];
  const asked = [0, 1, 2, 3, 4].map(async (at) => {
    const { status } = await ask({ port, path: `/${at}` });
    ended.push(at);
    return status;
  });
  await until(() => router.load().get("web")?.inFlight === 5 && one.open.length === 2, "two are there and three wait");
  for (let at = 0; at < 5; at++) {
    one.answer();
    await until(() => ended.length === at + 1, "one has its answer");
  }
  expect(await Promise.all(asked)).toEqual([200, 200, 200, 200, 200]);
  expect(one.most()).toBe(2);
  expect(router.load().get("web")?.inFlight).toBe(0);
});

it("who waits for a full instance and leaves takes nobody's place", async () => {
  const one = await startHeld();
  const { port, router } = await startRouter([{ id: "web", ports: [one.port], concurrency: 1 }]);
  const first = ask({ port });
  await until(() => one.open.length === 1, "it is there");
  const { socket } = openSocket(port);
  socket.write("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
  await until(() => router.load().get("web")?.inFlight === 2, "it waits");
  socket.destroy();
  await until(() => router.load().get("web")?.inFlight === 1, "it has left");
  const last = ask({ port });
  await until(() => router.load().get("web")?.inFlight === 2, "it waits");
  one.answer();
  expect((await first).status).toBe(200);
  await until(() => one.open.length === 1, "the last one is there");
  one.answer();
  expect((await last).status).toBe(200);
});

it("a router that shares instances with others uses what it was allotted, tells what it wants, and gives back what is asked for", async () => {
  const one = await startHeld();
  const reports: SlotReport[] = [];
  const { port, router } = await startRouter([{ id: "web", ports: [one.port], concurrency: 4 }], {
    onSlots: (report) => void reports.push(report),
  });
  const told = () => {
    const { seq, workloads } = reports.at(-1)!;
    const { held, used, want } = workloads.get("web")!;
    return { seq, held: Object.fromEntries(held), used, want };
  };
  const instance = `web-${one.port}`;
  const allot = (seq: number, count: number) =>
    router.allot({ seq, workloads: new Map([["web", new Map([[instance, count]])]]) });
  const asked = [ask({ port }), ask({ port }), ask({ port })];
  await until(() => reports.length > 0 && told().want === 3, "it wants three");
  expect(told()).toEqual({ seq: 0, held: { [instance]: 0 }, used: 0, want: 3 });
  allot(1, 2);
  await until(() => one.open.length === 2, "two are there");
  await until(() => told().seq === 1, "it has taken that");
  expect(told()).toEqual({ seq: 1, held: { [instance]: 2 }, used: 2, want: 1 });
  // Both are in use: the first that ends is another's.
  allot(2, 1);
  await until(() => told().seq === 2, "it has taken that, too");
  expect(told()).toEqual({ seq: 2, held: { [instance]: 2 }, used: 2, want: 1 });
  one.answer();
  await until(() => told().used === 1, "one has ended");
  expect(told()).toEqual({ seq: 2, held: { [instance]: 1 }, used: 1, want: 1 });
  one.answer();
  await until(() => one.open.length === 1, "the last is there");
  one.answer();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(one.most()).toBe(2);
});

it("a router that nobody allots anything to for long uses one slot of each instance", async () => {
  const one = await startHeld();
  const { port, router } = await startRouter([{ id: "web", ports: [one.port], concurrency: 4 }], { onSlots() {} });
  const asked = [ask({ port }), ask({ port })];
  await until(() => router.load().get("web")?.inFlight === 2, "both wait");
  router.standAlone(true);
  await until(() => one.open.length === 1, "one is there");
  one.answer();
  await until(() => one.open.length === 1, "the other is there");
  one.answer();
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  expect(one.most()).toBe(1);
});
