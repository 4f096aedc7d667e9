import type { Clock } from "@berth/core";
import { systemClock } from "@berth/core";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask } from "./support/request.ts";
import { openSocket, startInstance, startRouter, until } from "./support/servers.ts";
import type { Router } from "./router.ts";

/** Sleeps as real time does, and says what time it is by hand. */
function handClock(): Clock & { at: number } {
  const clock = { at: 1_000_000, now: () => clock.at, sleep: systemClock.sleep };
  return clock;
}

const counterOf = (router: Router) => router.load().get("web")!.counters[0]!;

describe("what a router counts of a workload", () => {
  it("is how many came, and how many were in flight for how long", async () => {
    const clock = handClock();
    const held: (() => void)[] = [];
    const instance = await startInstance((_, res) => void held.push(() => res.end()));
    const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }], { clock });
    const first = counterOf(router);
    expect(first).toMatchObject({ router: "", requests: 0, busyMs: 0, inFlight: 0, at: 1_000_000 });
    const answers = [ask({ port }), ask({ port })];
    await until(() => held.length === 2, "both are there");
    clock.at += 300;
    held.pop()!();
    await until(() => router.load().get("web")!.inFlight === 1, "one is over");
    clock.at += 1_000;
    held.pop()!();
    await Promise.all(answers);
    await until(() => router.load().get("web")!.inFlight === 0, "both are over");
    clock.at += 5_000;
    const last = counterOf(router);
    expect(last).toMatchObject({ requests: 2, busyMs: 2 * 300 + 1_000, inFlight: 0, at: 1_006_300 });
  });

  it("counts what waits, and what is upgraded for as long as it is open", async () => {
    const clock = handClock();
    const instance = await startInstance((_, res) => res.end());
    instance.server.on("upgrade", (_, socket) => {
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
      socket.on("end", () => socket.end());
    });
    const { port, router, apply } = await startRouter([{ id: "web", state: "starting" }], { clock });
    const { socket, text } = openSocket(port);
    socket.write("GET / HTTP/1.1\r\nHost: shop.localhost\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    await until(() => counterOf(router).inFlight === 1, "it waits");
    clock.at += 2_000;
    expect(counterOf(router).busyMs).toBe(2_000);
    apply([{ id: "web", ports: [instance.port] }]);
    await until(() => text().includes("101"), "it is upgraded");
    clock.at += 600_000;
    expect(counterOf(router)).toMatchObject({ requests: 1, busyMs: 602_000, inFlight: 1 });
    socket.end();
    await until(() => counterOf(router).inFlight === 0, "it is closed");
  });

  it("never falls, and loses nothing, where the clock is set back", async () => {
    const clock = handClock();
    const held: (() => void)[] = [];
    const instance = await startInstance((_, res) => void held.push(() => res.end()));
    const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }], { clock });
    const answer = ask({ port });
    await until(() => held.length === 1, "it is there");
    clock.at += 500;
    expect(counterOf(router).busyMs).toBe(500);
    clock.at -= 400_000;
    expect(counterOf(router).busyMs).toBe(500);
    clock.at += 250;
    expect(counterOf(router).busyMs).toBe(750);
    held[0]!();
    await answer;
  });
});

it("tells of a load that changes after a second without, and of no other change", async () => {
  const clock = handClock();
  const instance = await startInstance((_, res) => res.end());
  const { port, router } = await startRouter([{ id: "web", ports: [instance.port] }], { clock });
  const stirred: string[] = [];
  onTestFinished(router.watch((workload) => void stirred.push(workload)));
  const settled = async () => {
    await ask({ port });
    await until(() => router.load().get("web")!.inFlight === 0, "it is over");
  };
  await settled();
  expect(stirred).toEqual(["web"]);
  clock.at += 999;
  await settled();
  expect(stirred).toEqual(["web"]);
  clock.at += 1_000;
  await settled();
  expect(stirred).toEqual(["web", "web"]);
});
