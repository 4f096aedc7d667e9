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

  it("waits as long, and with as many others, as its service says", async () => {
    const clock = manualClock();
    const waking = { phases: [{ phase: "queue", durationMs: 3 }], current: "start" } as const;
    const more = { wake: { timeoutMs: 4_000, queue: 2 }, waking };
    const { port } = await startRouter([{ id: "web", state: "starting", more }], { clock });
    const waiting = [ask({ port }), ask({ port })];
    await until(() => clock.sleeping() === 2, "two wait");
    expect(await ask({ port })).toMatchObject({ status: 503, headers: { "retry-after": "5" } });
    clock.ring();
    for (const answer of await Promise.all(waiting))
      expect(answer.body).toContain("No instance of it was ready within 4 s; it is still at: starting its program");
  });

  it("says how long it waited and what the start took, and nothing where it did not wait", async () => {
    const instance = await startInstance((_, res) => res.writeHead(200, { "server-timing": "db;dur=1" }).end());
    const { port, apply, router } = await startRouter([{ id: "web", state: "asleep" }]);
    const answer = ask({ port });
    await until(() => router.load().get("web")?.inFlight === 1, "it waits");
    const phases = [
      { phase: "create", durationMs: 12.4 },
      { phase: "start", durationMs: 300 },
    ] as const;
    apply([{ id: "web", ports: [instance.port], more: { waking: { phases, current: null } } }]);
    expect((await answer).headers["server-timing"]).toMatch(
      /^db;dur=1, wake;dur=\d+, wake-create;dur=12, wake-start;dur=300$/,
    );
    expect((await ask({ port })).headers["server-timing"]).toBe("db;dur=1");
  });

  it("tells who woke it, and who asks for what may sleep", async () => {
    const woken: string[] = [];
    const instance = await startInstance((_, res) => res.end());
    const { port, apply, router } = await startRouter([{ id: "web", state: "asleep", more: { sleeps: true } }], {
      wake: async (id, by) => void woken.push(`${id} by ${by}`),
    });
    const headers = { "user-agent": "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)" };
    const answer = ask({ port, headers });
    await until(() => woken.length > 0, "it is woken");
    expect(woken).toEqual(["web by UptimeRobot"]);
    apply([{ id: "web", ports: [instance.port], more: { sleeps: true } }]);
    await answer;
    expect(router.requesters().get("web")).toMatchObject([{ agent: "UptimeRobot", network: "127.0.0.0/24" }]);
    apply([{ id: "web", ports: [instance.port] }]);
    expect(router.requesters().size).toBe(0);
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
