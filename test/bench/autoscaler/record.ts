// node test/bench/autoscaler/record.ts: records the load traces that the autoscaler is replayed against. A real router counts real requests
// to a real server, which answers each after about a second; they come at random moments, at a rate that follows the shape.
import { writeFileSync } from "node:fs";
import { Agent, createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { quietLog, type RoutingTable, systemClock, systemRandom } from "../../../packages/core/src/index.ts";
import { HttpServer, makeEdge, makeRouter } from "../../../packages/router/src/index.ts";

const folder = join(import.meta.dirname, "../../../packages/core/src/decide/scaling/fixtures");
const everyMs = 1_000;

interface Shape {
  about: string;
  seconds: number;
  /** Requests each second, at a moment. */
  rate(second: number): number;
}

const shapes: Record<string, Shape> = {
  step: {
    about: "From 20 requests a second to 150 at once, and back after two minutes.",
    seconds: 300,
    rate: (second) => (second >= 60 && second < 180 ? 150 : 20),
  },
  spike: {
    about: "10 requests a second, and 400 for five seconds.",
    seconds: 240,
    rate: (second) => (second >= 60 && second < 65 ? 400 : 10),
  },
  burst: {
    about: "Nothing, and 80 requests a second for ten seconds of each minute.",
    seconds: 300,
    rate: (second) => (second % 60 >= 20 && second % 60 < 30 ? 80 : 0),
  },
  ramp: {
    about: "From nothing to 240 requests a second within five minutes.",
    seconds: 300,
    rate: (second) => (second / 300) * 240,
  },
  diurnal: {
    about: "The shape of a day in twelve minutes: a quiet night, a rise, two peaks with a dip at noon, and an evening.",
    seconds: 720,
    rate(second) {
      const hour = (second / 720) * 24;
      const peak = (at: number, width: number) => Math.exp(-(((hour - at) / width) ** 2));
      return 3 + 130 * peak(10.5, 2) + 160 * peak(15.5, 2.2) + 40 * peak(20.5, 1.8);
    },
  },
};

const instance = createServer((_, response) => {
  // Log-normal, as the times of answers are: most a little below a second, some far above.
  const ms = 900 * Math.exp(0.4 * normal());
  setTimeout(() => response.end("ok"), Math.min(ms, 5_000));
});
const router = makeRouter({
  domain: "localhost",
  clock: systemClock,
  log: quietLog,
  random: systemRandom,
  wake: async () => {},
});
const server = new HttpServer(makeEdge(systemClock));
server.on("request", router.handle);
// A connection that was just being closed would lose requests.
server.keepAliveTimeout = 600_000;
const [instancePort, port] = await Promise.all([listen(instance), listen(server)]);
router.apply(tableOf(Object.keys(shapes)));
const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
const asked = process.argv.slice(2);
const names = Object.keys(shapes).filter((name) => asked.length === 0 || asked.includes(name));
await Promise.all(names.map((name) => record(name, shapes[name]!)));
router.close();
agent.destroy();
for (const each of [instance, server]) each.closeAllConnections();
instance.close();
server.close();

async function record(name: string, { about, seconds, rate }: Shape): Promise<void> {
  const startedAt = performance.now();
  const [requests, busyMs]: [number[], number[]] = [[], []];
  let before = counted(name);
  const isOver = new AbortController();
  const driven = drive(name, rate, startedAt, isOver.signal);
  for (let second = 1; second <= seconds; second++) {
    await sleep(Math.max(1, startedAt + second * everyMs - performance.now()));
    const now = counted(name);
    requests.push(now.requests - before.requests);
    busyMs.push(Math.round(now.busyMs - before.busyMs));
    before = now;
  }
  isOver.abort();
  await driven;
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify({ about, everyMs, requests, busyMs })}\n`);
  console.log(`${name}: ${seconds} s, ${requests.reduce((sum, each) => sum + each, 0)} requests`);
}

/** Sends requests without waiting for answers: what comes does not depend on how fast it is served. */
async function drive(name: string, rate: Shape["rate"], startedAt: number, signal: AbortSignal): Promise<void> {
  let due = 0;
  while (!signal.aborted) {
    const perSecond = rate(due / 1_000);
    due += perSecond === 0 ? 100 : (-Math.log(1 - Math.random()) / perSecond) * 1_000;
    const waitMs = startedAt + due - performance.now();
    if (waitMs > 1) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
    if (perSecond > 0 && !signal.aborted) send(name);
  }
}

function send(name: string): void {
  request({ host: "127.0.0.1", port, agent, headers: { host: `${name}.localhost` } }, (response) => response.resume())
    .on("error", (error) => console.error(`${name}: ${error.message}`))
    .end();
}

function counted(name: string): { requests: number; busyMs: number } {
  return router.load().get(name)!.counters[0]!;
}

function tableOf(apps: readonly string[]): RoutingTable {
  const environment = "production";
  const scope = (app: string) => ({ app, environment });
  const endpoint = { host: "127.0.0.1", port: instancePort! };
  return {
    version: 1,
    hosts: new Map(
      apps.map((app) => [
        `${app}.localhost`,
        { ...scope(app), version: null, routes: [{ prefix: "/", service: "web", workload: app }], absence: null },
      ]),
    ),
    neighbours: new Map(),
    workloads: new Map(
      apps.map((app) => [
        app,
        {
          ...scope(app),
          id: app,
          service: "web",
          instances: [{ id: app, endpoint, draining: false }],
          state: "running",
          reason: null,
          hint: null,
          concurrency: null,
        },
      ]),
    ),
    unread: [],
  };
}

async function listen(each: Server): Promise<number> {
  await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
  return (each.address() as AddressInfo).port;
}

/** Box and Muller 1958. */
function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}
