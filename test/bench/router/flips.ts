import { setTimeout as sleep } from "node:timers/promises";
import { type Berth, startBerth } from "../../support/berth.ts";
import { deployTextApp, type TextApp } from "../../support/text-app.ts";
import type { Quantity } from "../support/quantities.ts";
import { quantile } from "../support/stats.ts";
import { workers } from "./contenders.ts";
import { countWrong, type Flip } from "./judge-flips.ts";
import { machineNow } from "./machine-clock.ts";
import { failuresOf, latenciesOf, type OpenLoopResult, startOpenLoop } from "./open-loop.ts";
import { scaled } from "./scale.ts";

const each = scaled(100);
const perSecond = 1_000;
const connections = 64;
/** More than the flips can take. */
const longestSeconds = 900;
/** Between two flips, so that answers of a version that was left show. */
const pauseMs = 100;
const name = "flips";
const first = "deploy 0";

/** Deploys, and rollbacks between the two newest of them, on a real server with a worker for each core, while requests come at a fixed rate. */
export async function benchFlips(): Promise<Quantity[]> {
  const berth = await startBerth({ BERTH_WORKERS: String(workers) });
  try {
    const app = await deployTextApp(berth, name, first);
    try {
      return await flipUnderLoad(berth, app);
    } finally {
      app.repository.remove();
    }
  } finally {
    await berth.stop();
  }
}

async function flipUnderLoad(berth: Berth, app: TextApp): Promise<Quantity[]> {
  const requests = perSecond * longestSeconds;
  const plan = { port: berth.port, host: app.host, requests, warmUp: 0, intervalMs: 1_000 / perSecond, connections };
  const load = startOpenLoop(plan);
  const [flips, result] = await Promise.all([flipAll(berth, app).finally(() => load.finish()), load.result]);
  return makeQuantities(flips, result);
}

interface Flips {
  deploys: Flip[];
  rollbacks: Flip[];
}

async function flipAll(berth: Berth, app: TextApp): Promise<Flips> {
  const flips: Flips = { deploys: [], rollbacks: [] };
  for (let index = 1; index <= each; index++) {
    const text = `deploy ${index}`;
    await app.write(text);
    await sleep(pauseMs);
    const askedAt = machineNow();
    await app.repository.deploy();
    flips.deploys.push({ text, askedAt, acknowledgedAt: machineNow() });
  }
  for (let index = 1; index <= each; index++) {
    // The first deploy was version 1.
    const version = index % 2 === 1 ? each : each + 1;
    await sleep(pauseMs);
    const askedAt = machineNow();
    const { state } = await berth.rollback(name, version);
    if (state !== "succeeded") throw new Error(`the rollback to version ${version} ${state}`);
    flips.rollbacks.push({ text: `deploy ${version - 1}`, askedAt, acknowledgedAt: machineNow() });
  }
  return flips;
}

function makeQuantities({ deploys, rollbacks }: Flips, result: OpenLoopResult): Quantity[] {
  const all = [{ text: first, askedAt: 0, acknowledgedAt: 0 }, ...deploys, ...rollbacks];
  const what = `${each} deploys and rollbacks at ${perSecond}/s`;
  const none = { unit: "", floor: null, goal: { p50: 0 } } as const;
  const times = (flips: readonly Flip[]) => flips.map(({ askedAt, acknowledgedAt }) => acknowledgedAt - askedAt);
  tellFailures(result);
  return [
    { what: `${what}: errors of ${result.due.length} requests`, values: [failuresOf(result)], ...none },
    { what: `${what}: answers of a wrong version`, values: [countWrong(all, result)], ...none },
    { what: `${what}: p99`, values: [quantile(latenciesOf(result), 0.99)], unit: "ms", floor: null, goal: {} },
    { what: `${what}: deploy`, values: times(deploys), unit: "ms", floor: null, goal: {} },
    { what: `${what}: rollback`, values: times(rollbacks), unit: "ms", floor: null, goal: {} },
  ];
}

/** What went wrong, each kind once. */
function tellFailures({ texts }: OpenLoopResult): void {
  for (const text of texts) if (!text.startsWith("200 ")) console.log(`  an answer was: ${text.slice(0, 200)}`);
}
