// What a server and its keeper hold in memory when nothing happens, after a start and after a push.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startBerth } from "../support/berth.ts";
import { makeNotesApp } from "./support/notes-app.ts";
import { type Memory, memoryOf } from "./support/memory-of.ts";
import type { Quantity } from "./support/quantities.ts";

/** What serves a push, such as the thread that packs images, is let go after a minute. */
const idleMs = 70_000;
const settleMs = 3_000;
const goalMegabytes = 150;

export async function benchMemory(): Promise<Quantity[]> {
  const berth = await startBerth();
  const app = await makeNotesApp(berth, "notes", 2_000);
  try {
    await sleep(settleMs);
    const started = [memoryOf(berth.pid())];
    await app.say("hello");
    await app.git("push", "--quiet", "berth", "main");
    await sleep(idleMs);
    const pushed = [memoryOf(berth.pid())];
    const keeper = memoryOf(Number(readFileSync(join(berth.home, "keeper/pid"), "utf8")));
    return [
      ...rows("server, started", started[0]!, { p50: goalMegabytes }),
      ...rows("server, after a push", pushed[0]!, { p50: goalMegabytes }),
      ...rows("keeper", keeper, {}),
    ];
  } finally {
    await berth.stop();
    app.remove();
  }
}

function rows(what: string, { rss, pss }: Memory, goal: Quantity["goal"]): Quantity[] {
  return [
    { what: `${what}, RSS`, values: [rss], unit: "MB", floor: null, goal },
    { what: `${what}, PSS`, values: [pss], unit: "MB", floor: null, goal: {} },
  ];
}
