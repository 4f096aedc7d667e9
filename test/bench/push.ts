// From the start of `git push` to the first answer of the new version: a change of code alone, in an app of 2,000 files
// whose lockfile stays as it is. The floor is a bare `git push` and `node server.js` until it answers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startBerth } from "../support/berth.ts";
import { makeNotesApp } from "./support/notes-app.ts";
import { startAndStop } from "./support/node-server.ts";
import type { Quantity } from "./support/quantities.ts";
import { installDependencies } from "./support/install.ts";
import { watchHost } from "./support/watch-host.ts";

const files = 2_000;
const warmUps = 3;
/** Pushes come one at a time: what a server does after one, such as getting ready for the next, is over before it. */
const pauseMs = 2_500;

export async function benchPush(rounds: number): Promise<Quantity[]> {
  const served: number[] = [];
  const returned: number[] = [];
  const floor: number[] = [];
  const floorPush: number[] = [];
  const bare = mkdtempSync(join(tmpdir(), "berth-bench-bare-"));
  const berth = await startBerth();
  const app = await makeNotesApp(berth, "notes", files);
  const watch = watchHost(berth.port, "notes.localhost", 8);
  try {
    await app.git("init", "--quiet", "--bare", bare);
    await app.git("remote", "add", "bare", bare);
    await installDependencies(app.folder);
    for (let round = -warmUps; round < rounds; round++) {
      const text = `round ${round} of ${rounds}`;
      await app.say(text);
      await sleep(pauseMs);
      const pushAt = performance.now();
      const push = app.git("push", "--quiet", "berth", "main").then(() => performance.now());
      const [seenAt, endedAt] = await Promise.all([watch.sees(text), push]);
      const bareAt = performance.now();
      await app.git("push", "--quiet", "bare", "main");
      const bareMs = performance.now() - bareAt;
      const startMs = await startAndStop(app.folder, text);
      if (round < 0) continue;
      served.push(seenAt - pushAt);
      returned.push(endedAt - pushAt);
      floor.push(bareMs + startMs);
      floorPush.push(bareMs);
    }
  } finally {
    await watch.close();
    await berth.stop();
    app.remove();
    rmSync(bare, { recursive: true, force: true });
  }
  return [
    { what: "push → served", values: served, unit: "ms", floor, goal: { p50: 250, p95: 500 } },
    { what: "push → git push returns", values: returned, unit: "ms", floor: floorPush, goal: {} },
  ];
}
