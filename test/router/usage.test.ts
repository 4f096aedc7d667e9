import { afterAll, beforeAll, expect, it } from "vitest";
import { type EnvironmentEfficiency, sumUsage } from "../../packages/core/src/index.ts";
import { makePerson, type Person } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { instancesOf } from "../support/processes.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";

const app = "naps";
const host = `${app}.localhost`;
const scope = { app, environment: "production" };
const program = `
  import { createServer } from "node:http";
  createServer((_, response) => setTimeout(() => response.end("hello"), 100)).listen(process.env.PORT);
`;

let berth: Berth;
let repository: Repository;
let ada: Person;

beforeAll(async () => {
  berth = await startBerth();
  ada = makePerson(berth);
  repository = await makeRepository(berth, app, {
    "package.json": manifest(app),
    "server.js": program,
    "berth.yaml": `services: { web: { command: node server.js, scale: { min: 0, idle: 3s } } }`,
  });
  await repository.deploy();
});
afterAll(async () => {
  ada.remove();
  repository.remove();
  await berth.stop();
});

const asleep = () =>
  until(
    "it sleeps",
    async () => instancesOf(berth.home, app).length === 0 && (await berth.status(app)).services[0]!.replicas === 0,
    40_000,
  );

async function usage() {
  const route = berth.api().apps[":app"].environments[":environment"].usage;
  const { items } = await (await route.$get({ param: scope, query: { service: "web" } })).json();
  return items;
}

it("counts what an app takes, awake and asleep, keeps it, and tells how well it was used", async () => {
  for (let count = 0; count < 5; count += 1) expect((await berth.get(host)).body).toBe("hello");
  await asleep();
  expect((await berth.get(host)).body).toBe("hello");
  await asleep();
  await berth.kill("SIGTERM");
  await berth.restart();
  const all = sumUsage(await usage());
  expect(all.requests).toBe(6);
  expect(all.wakes).toBe(1);
  // Each was answered after a tenth of a second.
  expect(all.requestMs).toBeGreaterThanOrEqual(6 * 95);
  expect(all.instanceMs).toBeGreaterThanOrEqual(6_000);
  expect(all.watchedMs).toBeGreaterThanOrEqual(all.instanceMs);
  expect(all.memoryPeakBytes).toBeGreaterThan(2 ** 20);
  expect(all.memoryReservedByteSeconds).toBeGreaterThan(all.memoryByteSeconds);
  await berth.kill();
  await berth.restart();
  expect(sumUsage(await usage()).requests).toBe(6);

  const [judged] = await ada.json<EnvironmentEfficiency[]>(["efficiency", app]);
  expect(judged).toMatchObject({
    ...scope,
    services: [{ service: "web", advice: [], missing: { what: "watched", needMs: 12 * 3_600_000 } }],
  });
  expect(judged!.memoryShare).toBeGreaterThan(0);
  const { code, out } = await ada.berth(["efficiency", app]);
  expect(code).toBe(0);
  expect(out).toMatch(/^naps +web /m);
  expect(out).toContain("Advice takes 12 h; it was watched for");
  expect(await ada.berth(["efficiency", "none"])).toMatchObject({ code: 4 });
});
