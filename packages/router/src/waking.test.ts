import { systemClock, type Clock } from "@berth/core";
import { describe, expect, it } from "vitest";
import { ask } from "./support/request.ts";
import { openSocket, startInstance, startRouter, until } from "./support/servers.ts";

/** A clock whose sleeps end when the test says so, or when they are cut short. */
function manualClock(): Clock & { ring(): void; sleeping(): number } {
  const sleepers = new Set<() => void>();
  return {
    now: systemClock.now,
    sleep: (_, signal) =>
      new Promise((resolve) => {
        const end = () => {
          sleepers.delete(end);
          resolve();
        };
        sleepers.add(end);
        signal?.addEventListener("abort", end, { once: true });
      }),
    ring: () => {
      for (const end of sleepers) end();
    },
    sleeping: () => sleepers.size,
  };
}

describe("a request for a workload without instances", () => {
  it("wakes it once, waits with all the others, and is served when an instance comes", async () => {
    const woken: string[] = [];
    const instance = await startInstance((req, res) => req.pipe(res));
    const { port, apply, router } = await startRouter([{ id: "web", state: "asleep" }], {
      wake: async (id) => void woken.push(id),
    });
    const answers = Array.from({ length: 20 }, (_, at) => ask({ port, method: "POST", body: `body ${at}` }));
    await until(() => router.load().get("web")?.inFlight === 20, "all wait");
    apply([{ id: "web", state: "starting" }]);
    apply([{ id: "web", ports: [instance.port] }]);
    expect((await Promise.all(answers)).map(({ status, body }) => `${status} ${body}`)).toEqual(
      Array.from({ length: 20 }, (_, at) => `200 body ${at}`),
    );
    expect(woken).toEqual(["web"]);
    expect(router.load().get("web")?.inFlight).toBe(0);
  });

  it("is told as 503 with the reason when waking fails, and the next one wakes it again", async () => {
    let tries = 0;
    const wake = async () => {
      tries++;
      throw new Error("The image is gone.");
    };
    const { port } = await startRouter([{ id: "web", state: "asleep" }], { wake });
    for (const count of [1, 2]) {
      expect(await ask({ port })).toMatchObject({ status: 503, body: expect.stringContaining("The image is gone.") });
      expect(tries).toBe(count);
    }
  });

  it("is told as 503 when the deadline has passed", async () => {
    const clock = manualClock();
    const { port, router } = await startRouter([{ id: "web", state: "starting" }], { clock });
    const answer = ask({ port });
    await until(() => clock.sleeping() === 1, "it waits");
    clock.ring();
    expect(await answer).toMatchObject({
      status: 503,
      headers: { "retry-after": "5" },
      body: expect.stringContaining("within 30 s"),
    });
    expect(router.load().get("web")?.inFlight).toBe(0);
  });

  it("is told as 503 with the reason when it fails while waited for, and at once afterwards", async () => {
    const { port, apply, router } = await startRouter([{ id: "web", state: "starting" }]);
    const answer = ask({ port });
    await until(() => router.load().get("web")?.inFlight === 1, "it waits");
    apply([{ id: "web", state: "failed", reason: "It exited with code 1." }]);
    const told = { status: 503, body: expect.stringContaining("It exited with code 1.") };
    expect(await answer).toMatchObject(told);
    expect(await ask({ port })).toMatchObject(told);
    apply([{ id: "web", state: "failed", reason: "It has no base.", hint: "Run berth rebuild." }]);
    expect((await ask({ port })).body).toContain("Run berth rebuild.");
  });

  it("goes to another workload when its host does so meanwhile", async () => {
    const { port, apply, router } = await startRouter([{ id: "old", state: "starting" }]);
    const answer = ask({ port });
    await until(() => router.load().get("old")?.inFlight === 1, "it waits");
    apply([{ id: "new", ports: [(await startInstance((_, res) => res.end("new"))).port] }]);
    expect(await answer).toMatchObject({ status: 200, body: "new" });
  });

  it("is turned away when too many wait, and its body is never read", async () => {
    const { port, router } = await startRouter([{ id: "web", state: "starting" }], { maxWaiting: 1 });
    const { socket } = openSocket(port);
    socket.write("POST / HTTP/1.1\r\nHost: shop.localhost\r\nContent-Length: 500000000\r\n\r\n");
    const chunk = Buffer.alloc(1_000_000);
    for (let count = 0; count < 100; count++) socket.write(chunk);
    await until(() => router.load().get("web")?.inFlight === 1, "it waits");
    expect(await ask({ port })).toMatchObject({ status: 503, body: expect.stringContaining("Too many") });
    expect(socket.writableLength).toBeGreaterThan(50_000_000);
  });

  it("is forgotten when its client leaves", async () => {
    const clock = manualClock();
    const { port, router } = await startRouter([{ id: "web", state: "asleep" }], { clock });
    const { socket } = openSocket(port);
    socket.write("GET / HTTP/1.1\r\nHost: shop.localhost\r\n\r\n");
    await until(() => clock.sleeping() === 1, "it waits");
    socket.destroy();
    await until(() => clock.sleeping() === 0, "it is forgotten");
    expect(router.load().get("web")?.inFlight).toBe(0);
  });

  it("is sent away when the router closes", async () => {
    const { port, router } = await startRouter([{ id: "web", state: "starting" }]);
    const answer = ask({ port });
    await until(() => router.load().get("web")?.inFlight === 1, "it waits");
    router.close();
    expect((await answer).status).toBe(503);
  });
});
