// From the request for a rollback to the first answer of the older version: warm, where it still runs, and cold, where it
// was stopped long ago. The floor is `node server.js` until it answers.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "undici";
import { type Berth, startBerth } from "../support/berth.ts";
import { installDependencies } from "./support/install.ts";
import { makeNotesApp } from "./support/notes-app.ts";
import { startAndStop } from "./support/node-server.ts";
import type { Quantity } from "./support/quantities.ts";
import { watchHost } from "./support/watch-host.ts";

/** The live version and the two before it run; a rollback to any other of these is cold. */
const versions = 6;
const running = 3;

export async function benchRollback(rounds: number): Promise<Quantity[]> {
  const warm: number[] = [];
  const cold: number[] = [];
  const floor: number[] = [];
  const berth = await startBerth();
  const app = await makeNotesApp(berth, "notes", 50);
  try {
    await installDependencies(app.folder);
    for (let version = 1; version <= versions; version++) {
      await app.say(textOf(version));
      await app.git("push", "--quiet", "berth", "main");
    }
    const coldly = makeRollbacks(berth, 5);
    const warmly = makeRollbacks(berth, 1);
    for (let round = 0; round < rounds; round++) {
      await settled(berth);
      cold.push(await coldly.time(1 + (round % versions)));
      floor.push(await startAndStop(app.folder, textOf(versions)));
    }
    for (let round = 0; round < rounds * 5; round++) {
      await settled(berth);
      warm.push(await warmly.time(1 + (round % 2)));
    }
    // The first two may have been among the cold ones.
    warm.splice(0, 2);
    await Promise.all([coldly.close(), warmly.close()]);
  } finally {
    await berth.stop();
    app.remove();
  }
  return [
    { what: "rollback → served, warm", values: warm, unit: "ms", floor, goal: { p99: 10 } },
    { what: "rollback → served, cold", values: cold, unit: "ms", floor, goal: { p95: 150 } },
  ];
}

function textOf(version: number): string {
  return `this is version ${version}`;
}

/** Asks for rollbacks over a connection that is open, as a console does. */
function makeRollbacks(berth: Berth, pauseMs: number) {
  const client = new Client(berth.url);
  const watch = watchHost(berth.port, "notes.localhost", pauseMs);
  const headers = { authorization: `Bearer ${berth.token()}`, "content-type": "application/json" };
  const path = "/api/v1/apps/notes/environments/production/rollback";
  return {
    /** From the request to the first answer of that version. */
    async time(version: number): Promise<number> {
      const start = performance.now();
      const asked = client.request({ method: "POST", path, headers, body: JSON.stringify({ version }) });
      const seenAt = await watch.sees(textOf(version));
      const { statusCode, body } = await asked;
      if (statusCode !== 202) throw new Error(`The rollback was answered with ${statusCode}: ${await body.text()}`);
      await body.dump();
      return seenAt - start;
    },
    close: () => Promise.all([client.close(), watch.close()]),
  };
}

/** Resolves when no instance is left but those of the live and the warm generations, and no operation goes on. */
async function settled(berth: Berth): Promise<void> {
  const keeper = Number(readFileSync(join(berth.home, "keeper/pid"), "utf8"));
  for (;;) {
    const { items } = await (await berth.api().operations.$get({ query: { app: "notes", limit: "1" } })).json();
    if (items[0]?.state === "succeeded" && childrenOf(keeper) <= running) return;
    await sleep(20);
  }
}

function childrenOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" "))
    .filter((child) => child.trim() !== "").length;
}
