// From the start of the server's process to its first answers, with many apps and releases in the store: of the API, and
// of an app that runs already (its instances outlive the server).
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Berth, startBerth } from "../support/berth.ts";
import { fillStore } from "./support/fill-store.ts";
import { makeNotesApp } from "./support/notes-app.ts";
import type { Quantity } from "./support/quantities.ts";
import { watchHost } from "./support/watch-host.ts";

const apps = 1_000;
const releasesOfEach = 100;

export async function benchStart(rounds: number): Promise<Quantity[]> {
  const api: number[] = [];
  const routed: number[] = [];
  const empty: number[] = [];
  const berth = await startBerth();
  const app = await makeNotesApp(berth, "notes", 10);
  try {
    await app.say("hello");
    await app.git("push", "--quiet", "berth", "main");
    for (let round = 0; round < rounds; round++) empty.push((await timeStart(berth)).api);
    await berth.kill("SIGTERM");
    console.log(`  (writing ${apps * releasesOfEach} releases)`);
    await fillStore(join(berth.home, "berth.db"), apps, releasesOfEach);
    await berth.restart();
    for (let round = 0; round < rounds; round++) {
      const times = await timeStart(berth);
      api.push(times.api);
      routed.push(times.routed);
    }
  } finally {
    await berth.stop();
    app.remove();
  }
  return [
    { what: "start → API answers", values: api, unit: "ms", floor: empty, goal: { p95: 2_000 } },
    { what: "start → running app answers", values: routed, unit: "ms", floor: empty, goal: { p95: 2_000 } },
  ];
}

async function timeStart(berth: Berth): Promise<{ api: number; routed: number }> {
  await berth.kill("SIGTERM");
  const watch = watchHost(berth.port, "notes.localhost", 5);
  const start = performance.now();
  const started = berth.restart();
  try {
    const [api, routed] = await Promise.all([apiAnswers(berth), watch.sees("hello")]);
    await started;
    return { api: api - start, routed: routed - start };
  } finally {
    await watch.close();
  }
}

async function apiAnswers(berth: Berth): Promise<number> {
  const headers = { authorization: `Bearer ${berth.token()}` };
  for (;;) {
    const answer = await fetch(`${berth.url}/api/v1/apps?limit=1`, { headers }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return performance.now();
    await sleep(5);
  }
}
