import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Berth, getAt, startBerth } from "../support/berth.ts";
import { runs } from "../support/processes.ts";
import { manifest } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { until } from "../support/until.ts";
import { workerPids } from "../support/workers.ts";

/** An answer to /hold has no end. */
const holding = `
  import { createServer } from "node:http";
  createServer((request, response) => {
    if (request.url === "/hold") response.flushHeaders();
    else response.end("here");
  }).listen(process.env.PORT);
`;
const host = "many.localhost";
const patienceMs = 120_000;
const limit = 40;

describe("the processes at one port", () => {
  let berth: Berth;
  let repository: Repository;
  beforeAll(async () => {
    berth = await startBerth({ BERTH_WORKERS: "3", BERTH_LIMITS: `in-flight=${limit}` });
    repository = await makeRepository(berth, "many", { "package.json": manifest("many"), "server.js": holding });
    await repository.deploy();
  }, 300_000);
  afterAll(async () => {
    repository.remove();
    await berth.stop();
  });

  const door = () => ({ address: "127.0.0.1", port: berth.port });
  /** What one of them tells of all: by the address, for the bare domain leads to the server. */
  const scrape = async () => {
    const answer = await getAt(door(), "127.0.0.1", "/metrics", { authorization: `Bearer ${berth.token()}` });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const scrapes = (count: number) => Promise.all(Array.from({ length: count }, scrape));
  const read = (text: string, name: string, labels = "") => {
    const lines = text.split("\n").filter((line) => line.startsWith(name) && line.includes(labels));
    return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  };
  const served = (text: string) => read(text, "berth_requests_total", 'app="many"');
  const processes = (text: string) => read(text, "berth_processes");
  const askFor = (count: number) => Promise.all(Array.from({ length: count }, () => getAt(door(), host, "/")));
  const untilToldOf = (count: number) =>
    until(`${count} tell of themselves`, async () => processes(await scrape()) === count, patienceMs);

  it("tell of all of them, whichever is asked, and of what one had counted that was killed", async () => {
    const before = served(await scrape());
    for (let round = 0; round < 3; round++) await askFor(30);
    await until("all are counted", async () => served(await scrape()) === before + 90, patienceMs);
    const told = await scrapes(12);
    expect(new Set(told.map((text) => `${processes(text)} ${served(text)}`))).toEqual(new Set([`3 ${before + 90}`]));
    expect(read(told[0]!, "berth_instances", 'app="many"')).toBe(1);
    expect(read(told[0]!, "berth_request_duration_seconds_count", 'app="many"')).toBe(before + 90);
    const [victim] = workerPids(berth.home);
    process.kill(victim!, "SIGKILL");
    // Its parent hears of its end once it has closed its sockets.
    await until("it has ended", () => !workerPids(berth.home).includes(victim!), patienceMs);
    expect((await scrapes(12)).map(served)).toEqual(Array.from({ length: 12 }, () => before + 90));
    await untilToldOf(3);
    expect((await scrapes(12)).map(served)).toEqual(Array.from({ length: 12 }, () => before + 90));
  }, 300_000);

  it("go on counting while the server is away, and once it is back", async () => {
    // Each has asked the server about the token by then.
    const before = served((await scrapes(40))[0]!);
    const left = workerPids(berth.home);
    await berth.kill();
    await askFor(30);
    await until("all are counted", async () => served(await scrape()) === before + 30, patienceMs);
    expect(processes(await scrape())).toBe(2);
    await berth.restart();
    await until("new ones have taken their place", () => !left.some(runs), patienceMs);
    await untilToldOf(3);
    expect((await scrapes(12)).map(served)).toEqual(Array.from({ length: 12 }, () => before + 30));
  }, 300_000);

  it("let in together as many requests as the limit says, and no more", async () => {
    const agent = new Agent();
    onTestFinished(() => agent.destroy());
    const hold = () =>
      new Promise<number>((resolve, reject) => {
        const options = { host: "127.0.0.1", port: berth.port, path: "/hold", headers: { host }, agent };
        const asked = request(options, (response) => {
          response.on("error", () => undefined).resume();
          resolve(response.statusCode ?? 0);
        });
        asked.on("error", reject).end();
      });
    const statuses = await Promise.all(Array.from({ length: 3 * limit }, hold));
    expect(statuses.filter((status) => status === 200)).toHaveLength(limit);
    expect(statuses.filter((status) => status === 503)).toHaveLength(2 * limit);
    const text = await scrape();
    expect(read(text, "berth_requests_in_flight", 'app="many"')).toBe(limit);
    expect(read(text, "berth_refused_total", "too-many-in-flight")).toBe(2 * limit);
    agent.destroy();
    const inFlight = async () => read(await scrape(), "berth_requests_in_flight", 'app="many"');
    await until("all have left", async () => (await inFlight()) === 0, patienceMs);
    const again = async () => (await askFor(limit)).every(({ status }) => status === 200);
    await until("as many are let in again", again, patienceMs);
  }, 300_000);
});
