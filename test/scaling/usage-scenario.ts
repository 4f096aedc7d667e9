import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { type EnvironmentEfficiency, sumUsage, type Usage } from "../../packages/core/src/index.ts";
import { makePerson } from "../cli/cli.ts";
import { startTraffic } from "../router/traffic.ts";
import type { Berth } from "../support/berth.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { busyApp } from "./busy-app.ts";

const computeMs = 20;
const cpuMillis = 200;
const memoryBytes = 128 * 2 ** 20;
const services = `
  web:
    command: node server.js
    resources: { cpu: ${cpuMillis}m, memory: 128Mi }
    scale: { min: 1, max: 1 }
  nap:
    command: node server.js
    routes: [/slow]
    resources: { cpu: 50m, memory: 128Mi }
    scale: { min: 0, max: 1, idle: 1s }
`;

/** Has an app compute for a while, and returns how its processors, memory and sleep were judged, which has to be near to what was done. */
export async function followUsage(berth: Berth, app: string): Promise<EnvironmentEfficiency> {
  const host = `${app}.localhost`;
  const scope = { app, environment: "production" };
  const person = makePerson(berth);
  const repository = await makeRepository(berth, app, busyApp(app, services));
  const service = async (name: string) => (await berth.status(app)).services.find((each) => each.name === name)!;
  const untilNapping = () =>
    until(
      "nap sleeps",
      async () => {
        const { replicas, instances } = await service("nap");
        return replicas === 0 && instances.length === 0;
      },
      60_000,
    );

  try {
    await repository.deploy();
    await untilNapping();
    const traffic = startTraffic(
      [(path) => sleep(computeMs * 10).then(() => berth.get(host, path))],
      [`/compute?ms=${computeMs}`],
    );
    const [instance] = (await service("web")).instances;
    // Of a pod that has just begun a cluster has measured nothing yet.
    await until(
      "its use of processors and memory is measured",
      async () => {
        const found = (await service("web")).instances.find(({ id }) => id === instance!.id);
        return found!.cpuMillis !== null && found!.memoryBytes !== null;
      },
      150_000,
    );
    // Whenever something begins or ends, what is used is looked at.
    for (let nap = 0; nap < 2; nap += 1) {
      expect((await berth.get(host, "/slow")).status).toBe(200);
      await untilNapping();
    }
    expect(await traffic.stop()).toEqual([]);
    await berth.kill("SIGTERM");
    await berth.restart();

    const usage = async (name: string): Promise<Usage> => {
      const route = berth.api().apps[":app"].environments[":environment"].usage;
      return sumUsage((await (await route.$get({ param: scope, query: { service: name } })).json()).items);
    };
    const web = await usage("web");
    expect(web.requests).toBe(traffic.count());
    expect(web.requestMs).toBeGreaterThanOrEqual(traffic.count() * computeMs);
    expect(web.instanceMs).toBeLessThanOrEqual(web.watchedMs);
    expect(web).toMatchObject({ asleepMs: 0, wakes: 0 });
    expect(web.memoryPeakBytes).toBeGreaterThan(2 ** 23);
    expect(web.memoryPeakBytes).toBeLessThanOrEqual(memoryBytes);
    const nap = await usage("nap");
    expect(nap).toMatchObject({ requests: 2, wakes: 2 });
    expect(nap.asleepMs).toBeGreaterThan(1_000);
    expect(nap.asleepMs + nap.instanceMs).toBeLessThanOrEqual(nap.watchedMs);

    const { code, out } = await person.berth(["efficiency", app]);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^${app} +all +\\d+% +\\d+% +${traffic.count() + 2} `, "m"));
    expect(out).toMatch(new RegExp(`^ +web +\\d+% +\\d+% +${traffic.count()} `, "m"));
    const [judged] = await person.json<EnvironmentEfficiency[]>(["efficiency", app]);
    return judged!;
  } finally {
    repository.remove();
    person.remove();
  }
}

/** Of a tenth of a processor at most, of which it may be given less on a busy machine, and of a program of Node's. */
export function expectBelievable({ services: judged }: EnvironmentEfficiency): void {
  const { cpuShare, memoryShare } = judged.find((each) => each.service === "web")!;
  expect(cpuShare! * cpuMillis).toBeGreaterThan(5);
  expect(cpuShare!).toBeLessThan(1);
  expect(memoryShare! * memoryBytes).toBeGreaterThan(2 ** 23);
  expect(memoryShare!).toBeLessThan(1);
}
