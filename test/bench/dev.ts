// From a save to the first answer of the new version under `berth dev`: an Express app, alone and with 2,000 files beside it. The floor is
// `node server.js` until it answers.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makePerson } from "../cli/cli.ts";
import { type Berth, startBerth } from "../support/berth.ts";
import { until } from "../support/until.ts";
import { installDependencies } from "./support/install.ts";
import { startAndStop } from "./support/node-server.ts";
import { makeNotesApp } from "./support/notes-app.ts";
import { cpuUsOf } from "./support/process-usage.ts";
import type { Quantity } from "./support/quantities.ts";
import { watchHost } from "./support/watch-host.ts";

const warmUps = 3;
/** Saves come one at a time: what happens after one is over before the next. */
const pauseMs = 1_500;
const idleMs = 5_000;
const fileCounts = [0, 2_000];

export async function benchDev(rounds: number): Promise<Quantity[]> {
  const berth = await startBerth();
  try {
    const quantities: Quantity[] = [];
    for (const files of fileCounts) quantities.push(...(await benchApp(berth, files, rounds)));
    return quantities;
  } finally {
    await berth.stop();
  }
}

async function benchApp(berth: Berth, files: number, rounds: number): Promise<Quantity[]> {
  const reloaded: number[] = [];
  const floor: number[] = [];
  const name = `notes-${files}`;
  const app = await makeNotesApp(berth, name, files);
  const save = (text: string) =>
    writeFileSync(join(app.folder, "greeting.js"), `export const greeting = ${JSON.stringify(text)};\n`);
  save("begin");
  await installDependencies(app.folder);
  const person = makePerson(berth);
  const dev = person.start(["dev", "--down"], { cwd: app.folder });
  try {
    const host = await until<string | undefined>(
      "it is live",
      () => /http:\/\/(\S+?):\d+\n/.exec(dev.output())?.[1],
      120_000,
    );
    const cpuBefore = cpuUsOf([dev.pid]);
    await sleep(idleMs);
    const idleCpu = (cpuUsOf([dev.pid]) - cpuBefore) / 1e3 / (idleMs / 1e3);
    const watch = watchHost(berth.port, host!, 4);
    for (let round = -warmUps; round < rounds; round++) {
      const text = `round ${round} of ${rounds}`;
      await sleep(pauseMs);
      const savedAt = performance.now();
      save(text);
      const seenAt = await watch.sees(text);
      const startMs = await startAndStop(app.folder, text);
      if (round < 0) continue;
      reloaded.push(seenAt - savedAt);
      floor.push(startMs);
    }
    await watch.close();
    const what = `save → reloaded, ${files} files beside an Express app`;
    return [
      { what, values: reloaded, unit: "ms", floor, goal: { p50: 300 } },
      {
        what: "… processor time of berth dev in a second without saves",
        values: [idleCpu],
        unit: "ms",
        floor: null,
        goal: {},
      },
    ];
  } finally {
    dev.interrupt();
    await dev.done;
    person.remove();
    app.remove();
  }
}
