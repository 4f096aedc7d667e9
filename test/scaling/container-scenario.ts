import { expect } from "vitest";
import { startTraffic } from "../router/traffic.ts";
import type { Berth } from "../support/berth.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { busyApp } from "./busy-app.ts";

const services = `
  web:
    command: node server.js
    resources: { cpu: 50m, memory: 128Mi }
    scale: { min: 0, max: 3, concurrency: 4, idle: 3s }
`;

const computing = `
  web:
    command: node server.js
    resources: { cpu: 100m, memory: 128Mi }
    scale: { min: 1, max: 3, cpu: 50%, idle: 2s }
`;

/** Of its only service, `count` are wanted and ready. */
function untilReady(berth: Berth, app: string, count: number): Promise<boolean> {
  return until(
    `${count} are ready`,
    async () => {
      const { instances, replicas } = (await berth.status(app)).services[0]!;
      return replicas === count && instances.filter(({ state }) => state === "ready").length === count;
    },
    60_000,
  );
}

/** From zero to as many instances as seven requests in flight ask for, and back, without losing one. `whileHigh` looks at it in between. */
export async function followLoad(berth: Berth, app: string, whileHigh: () => Promise<void>): Promise<void> {
  const repository = await makeRepository(berth, app, busyApp(app, services));
  await repository.deploy();
  await untilReady(berth, app, 0);
  const doors = Array.from({ length: 7 }, () => (path: string) => berth.get(`${app}.localhost`, path));
  const traffic = startTraffic(doors, ["/slow?ms=400"]);
  await untilReady(berth, app, 3);
  await whileHigh();
  expect(await traffic.stop()).toEqual([]);
  await untilReady(berth, app, 0);
  repository.remove();
}

/** From one to as many instances as their measured use of processors asks for, and back. `whileHigh` looks at it in between. */
export async function followProcessors(berth: Berth, app: string, whileHigh: () => Promise<void>): Promise<void> {
  const repository = await makeRepository(berth, app, busyApp(app, computing));
  await repository.deploy();
  await untilReady(berth, app, 1);
  const doors = Array.from({ length: 2 }, () => (path: string) => berth.get(`${app}.localhost`, path));
  const traffic = startTraffic(doors, ["/compute?ms=40"]);
  await untilReady(berth, app, 3);
  await whileHigh();
  expect(await traffic.stop()).toEqual([]);
  await untilReady(berth, app, 1);
  repository.remove();
}
