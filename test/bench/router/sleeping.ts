import { startBerth } from "../../support/berth.ts";
import { makeRepository } from "../../support/repository.ts";
import { startAndStop } from "../support/node-server.ts";
import type { Quantity } from "../support/quantities.ts";
import { median, quantile } from "../support/stats.ts";
import { failuresOf, latenciesOf, startOpenLoop } from "./open-loop.ts";
import { scaled } from "./scale.ts";
import { asleep, countStarts, makeSleepingApp, startsFile } from "./sleeping-app.ts";

const requests = scaled(1_000);
const name = "sleeper";
const text = "asleep until someone asks";
/** What a wake may take beyond the start of the app. */
const extraMs = 200;

/** Many requests at once for an app that sleeps, on a real server: each over a connection of its own that is open by then. */
export async function benchSleeping(rounds: number): Promise<Quantity[]> {
  const p99Ms: number[] = [];
  const startMs: number[] = [];
  const starts: number[] = [];
  const lost: number[] = [];
  const berth = await startBerth();
  const file = startsFile(berth);
  const repository = await makeRepository(berth, name, makeSleepingApp(name, text, file));
  try {
    await repository.deploy();
    for (let round = 0; round < rounds; round++) {
      await asleep(berth, name);
      startMs.push(await startAndStop(repository.folder, text));
      const before = countStarts(file);
      const host = `${name}.localhost`;
      const plan = { port: berth.port, host, requests, warmUp: 0, intervalMs: 0, connections: requests };
      const result = await startOpenLoop(plan).result;
      p99Ms.push(quantile(latenciesOf(result), 0.99));
      starts.push(countStarts(file) - before);
      lost.push(failuresOf(result));
    }
  } finally {
    repository.remove();
    await berth.stop();
  }
  const what = `${requests} requests to a sleeping app`;
  return [
    { what: `${what}: p99`, values: p99Ms, unit: "ms", floor: startMs, goal: { p50: median(startMs) + extraMs } },
    { what: `${what}: starts`, values: starts, unit: "", floor: null, goal: { p99: 1 } },
    { what: `${what}: lost`, values: lost, unit: "", floor: null, goal: { p99: 0 } },
  ];
}
