import { once } from "node:events";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startTraffic, type Traffic } from "../router/traffic.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { instancesOf } from "../support/processes.ts";
import { startRouter } from "../support/router.ts";
import { until } from "../support/until.ts";
import { busyApp } from "./busy-app.ts";
import { openSocket } from "./open-socket.ts";
import { followSleep } from "./sleep-scenario.ts";

const app = "busy";
const host = `${app}.localhost`;
const services = `
  web: { command: node server.js, scale: { min: 1, max: 5, concurrency: 4, idle: 2s } }
  api: { command: node server.js, routes: [], health: { path: / }, scale: { min: 0, max: 4, concurrency: 4, idle: 2s } }
  sums:
    command: node server.js
    routes: [/compute]
    resources: { cpu: 100m }
    scale: { min: 1, max: 3, cpu: 50%, idle: 2s }
`;

describe("with processes", () => {
  let berth: Berth;
  let repository: Repository;
  let traffic: Traffic | null = null;

  beforeAll(async () => {
    berth = await startBerth({}, [], join(import.meta.dirname, "hasty-server.ts"));
    repository = await makeRepository(berth, app, busyApp(app, services));
    await repository.deploy();
  });
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });
  afterEach(async () => {
    await traffic?.stop();
    traffic = null;
  });

  async function ready(service: string): Promise<number> {
    const found = (await berth.status(app)).services.find(({ name }) => name === service);
    return found!.instances.filter(({ state }) => state === "ready").length;
  }

  const untilReady = (service: string, count: number) =>
    until(`${service} has ${count}`, async () => (await ready(service)) === count, 40_000);

  /** So many at once, one after the other. */
  function load(count: number, path: string, get: Berth["get"] = berth.get) {
    const doors = Array.from({ length: count }, () => (each: string) => get(host, each));
    return (traffic = startTraffic(doors, [path]));
  }

  it("has as many instances as requests in flight ask for, and loses no request on the way up or down", async () => {
    await untilReady("web", 1);
    const high = load(12, "/slow?ms=300");
    await untilReady("web", 5);
    const low = startTraffic([(path) => berth.get(host, path)], ["/slow?ms=300"]);
    expect(await high.stop()).toEqual([]);
    await untilReady("web", 1);
    expect(await low.stop()).toEqual([]);
  }, 120_000);

  it("counts what neighbours ask for, from zero and back to it", async () => {
    await untilReady("api", 0);
    const through = load(8, "/through?ms=400");
    await untilReady("api", 3);
    expect(await through.stop()).toEqual([]);
    await untilReady("api", 0);
    await untilReady("web", 1);
  }, 120_000);

  it("counts connections that are open, and ends none of theirs", async () => {
    const sockets = await Promise.all(Array.from({ length: 9 }, () => openSocket(berth.port, host)));
    await untilReady("web", 4);
    for (const socket of sockets) {
      socket.write("there?");
      expect(String(await once(socket, "data"))).toBe("there?");
      socket.destroy();
    }
    await untilReady("web", 1);
  }, 120_000);

  it("counts what another router has, and forgets it when that dies", async () => {
    const router = await startRouter(berth);
    await until("it serves", async () => (await router.get(host)).status === 200);
    const sockets = await Promise.all(Array.from({ length: 9 }, () => openSocket(router.port, host)));
    await untilReady("web", 4);
    await router.kill();
    expect(await untilReady("web", 1)).toBe(true);
    for (const socket of sockets) socket.destroy();
    await router.stop();
  }, 120_000);

  it("is woken once for many who ask, and sleeps again when nobody does", async () => {
    const count = () => Promise.resolve(instancesOf(berth.home, "dozing").length);
    expect(await followSleep(berth, "dozing", count)).toEqual(["request", "request", "person"]);
  }, 180_000);

  it("has as many instances as their use of processors asks for", async () => {
    await untilReady("sums", 1);
    const computed = load(2, "/compute?ms=40");
    await untilReady("sums", 3);
    expect(await computed.stop()).toEqual([]);
    await untilReady("sums", 1);
  }, 120_000);
});
