import { Agent } from "node:http";
import { expect, it, onTestFinished } from "vitest";
import { ask } from "./support/request.ts";
import { startInstance, startRouter, until } from "./support/servers.ts";

it("200 flips under load drop no request and send none to the old version", async () => {
  let live = "blue";
  let wrong = 0;
  let flips = 0;
  const served: Record<string, number> = { blue: 0, green: 0 };
  /** A request carries what was live when it was sent; whoever is served by another version must have been asked before the flip. */
  const start = (name: string) =>
    startInstance((req, res) => {
      served[name] = (served[name] ?? 0) + 1;
      const sentAt = Number(req.headers["x-flip"]);
      if (name !== live && sentAt === flips) wrong++;
      req.resume();
      req.on("end", () => setImmediate(() => res.end(`${name} ${sentAt}`)));
    });
  const ports = { blue: (await start("blue")).port, green: (await start("green")).port };
  const { port, apply, router } = await startRouter([{ id: "blue", ports: [ports.blue] }]);
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());

  const failures: string[] = [];
  let asked = 0;
  const run = { done: false };
  const client = async (at: number) => {
    while (!run.done) {
      const sentAt = flips;
      const [method, body] = at % 2 === 0 ? ["GET", undefined] : ["POST", "x".repeat(10_000)];
      const answer = await ask({ port, method, body, agent, headers: { "x-flip": sentAt } }).catch((error: Error) => ({
        status: 0,
        body: error.message,
      }));
      asked++;
      if (answer.status !== 200) failures.push(`${answer.status} ${answer.body}`);
    }
  };
  const clients = Array.from({ length: 16 }, (_, at) => client(at));
  while (flips < 200) {
    const before = asked;
    await until(() => asked >= before + 20, "requests go on");
    live = live === "blue" ? "green" : "blue";
    apply([{ id: live, ports: [live === "blue" ? ports.blue : ports.green] }]);
    flips++;
  }
  run.done = true;
  await Promise.all(clients);

  expect(failures).toEqual([]);
  expect(wrong).toBe(0);
  expect(Math.min(served["blue"] ?? 0, served["green"] ?? 0)).toBeGreaterThan(500);
  for (const load of router.load().values()) expect(load.inFlight).toBe(0);
});

it("an instance that drains finishes what it has, gets nothing new, and its connections close", async () => {
  let finish: () => void = () => {};
  const old = await startInstance((req, res) => {
    if (req.url === "/slow") finish = () => res.end("old");
    else res.end("quick");
  });
  const { port, apply, router } = await startRouter([{ id: "web", ports: [old.port] }]);
  await Promise.all([ask({ port }), ask({ port })]);
  const slow = ask({ port, path: "/slow" });
  await until(() => router.load().get("web")?.instances.get(`web-${old.port}`) === 1, "the slow request is in flight");
  const fresh = await startInstance((_, res) => res.end("new"));
  apply([{ id: "web", ports: [fresh.port], draining: [old.port] }]);
  for (let count = 0; count < 5; count++) expect((await ask({ port })).body).toBe("new");
  expect(router.load().get("web")?.instances.get(`web-${old.port}`)).toBe(1);
  await until(() => connections(old.server) === 1, "idle connections to it are closed");
  finish();
  expect((await slow).body).toBe("old");
  await until(() => connections(old.server) === 0, "the last one is closed");
  expect(router.load().get("web")?.instances.has(`web-${old.port}`)).toBe(false);
});

it("load tells of the last request and forgets workloads that left the table once they are idle", async () => {
  let now = 1_000;
  const clock = { now: () => now, sleep: async () => {} };
  const instance = await startInstance((_, res) => res.end("x"));
  const { port, apply, router } = await startRouter([{ id: "web", ports: [instance.port] }], { clock });
  expect(router.load().get("web")).toMatchObject({ inFlight: 0, lastRequestAt: null });
  now = 2_000;
  await ask({ port });
  expect(router.load().get("web")).toMatchObject({ inFlight: 0, lastRequestAt: 2_000 });
  apply([]);
  expect(router.load().size).toBe(0);
});

function connections(server: { _connections?: number } | object): number {
  return "_connections" in server ? Number(server._connections) : Number.NaN;
}
