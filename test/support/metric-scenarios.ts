import { expect, it, onTestFinished } from "vitest";
import { makePerson } from "../cli/cli.ts";
import type { Berth } from "./berth.ts";
import { manifest } from "./programs.ts";
import { makeRepository } from "./repository.ts";
import { until } from "./until.ts";

const idleMs = 4_000;
const small = "resources: { cpu: 20m, memory: 128Mi }";

const yaml = `
services:
  web: { command: node queue.js, routes: [/], ${small} }
  worker:
    command: node worker.js
    ${small}
    scale: { min: 0, max: 3, idle: ${idleMs / 1_000}s, metric: { command: node length.js, target: 10, every: 1s } }
`;

/** A queue whose length somebody sets, and whose length is no number where that is none. */
const queue = `
  import { createServer } from "node:http";
  let length = "0";
  createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    if (pathname === "/set") length = searchParams.get("length");
    response.end(length);
  }).listen(process.env.PORT);
`;

const asking = `
  const length = await (await fetch(process.env.BERTH_URL_WEB + "/length")).text();
  console.error("asked as", process.env.BERTH_SERVICE);
  console.log("the queue has");
  console.log(length);
  if (length === "broken") process.exit(4);
`;

/** What is there of an app: instances, and what else its runtime has made, where that can be told from what runs beside them. */
export interface Seen {
  instances: number;
  others: number;
}

/** How a worker follows a real queue, on any runtime. */
export function describeMetric(berthOf: () => Berth, prefix: string, see: (app: string) => Promise<Seen>): void {
  it("has as many workers as what waits asks for, none without, and as before where nobody knows", async () => {
    const berth = berthOf();
    const app = `${prefix}-queue`;
    const repository = await makeRepository(berth, app, {
      "package.json": manifest(app),
      "queue.js": queue,
      "length.js": asking,
      "worker.js": "setInterval(() => {}, 1_000);",
      "berth.yaml": yaml,
    });
    onTestFinished(() => repository.remove());
    const person = makePerson(berth);
    onTestFinished(() => person.remove());
    const told = async () => (await person.berth(["status", "--app", app])).out;
    const worker = async () => (await berth.status(app)).services.find(({ name }) => name === "worker")!;
    const waits = async (length: number | string) => {
      expect((await berth.get(`${app}.localhost`, `/set?length=${length}`)).status).toBe(200);
    };
    const untilWorkers = (count: number) =>
      until(
        `${count} are ready`,
        async () => {
          const { instances, replicas } = await worker();
          return replicas === count && instances.filter(({ state }) => state === "ready").length === count;
        },
        90_000,
      );
    const untilFails = (reason: RegExp) =>
      until("it fails", async () => reason.test((await worker()).metric?.failure?.reason ?? ""), 60_000);

    await repository.deploy();
    await untilWorkers(0);
    await waits(25);
    await untilWorkers(3);
    // To ask beside an instance makes nothing, and nobody else sets the number.
    expect(await see(app)).toEqual({ instances: 4, others: 0 });
    expect(await told()).toMatch(/metric +worker: 25 waiting \(asked .*\), one for each 10/);

    // Longer than it would take them to end.
    await waits("broken");
    await untilFails(/it exited with code 4/);
    await new Promise((resolve) => setTimeout(resolve, 2 * idleMs));
    await untilWorkers(3);
    expect(await told()).toMatch(/worker: its command fails, first .*: it exited with code 4/);
    expect(await told()).toMatch(/\| (broken|asked as worker)/);
    await waits("many");
    await untilFails(/its last line is no number/);

    await berth.kill("SIGKILL");
    await berth.restart();
    await untilFails(/its last line is no number/);
    await untilWorkers(3);
    await waits(11);
    await untilWorkers(2);
    await waits(0);
    await untilWorkers(0);

    // It is asked by tasks now; one of them may be under way when the server is killed.
    await berth.kill("SIGKILL");
    await berth.restart();
    await waits(1);
    await untilWorkers(1);
    expect((await worker()).metric).toMatchObject({ backlog: 1, failure: null });
    const failures = berth.output().match(/a metric command fails/g) ?? [];
    expect(failures.length).toBeLessThanOrEqual(1);
  }, 400_000);
}
