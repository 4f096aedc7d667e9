import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { quietLog, systemClock, systemRandom } from "@berth/core";
import { expect, test } from "vitest";
import { givenPending, production } from "../conformance/fixtures.ts";
import { openSqliteStore } from "./open.ts";
import { makeTestFolder } from "../testing/folder.ts";

const script = fileURLToPath(new URL("../testing/promote-loop.child.ts", import.meta.url));

/** Runs the loop, kills it at a random moment after its first promote, and answers the last version it acknowledged. */
async function runAndKill(file: string): Promise<number> {
  const child = spawn(process.execPath, [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  const closed = once(child.stdout, "close");
  try {
    await Promise.race([once(child.stdout, "data"), exited]);
    await pause(Math.random() * 150);
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
  await closed;
  return Number(output.trimEnd().split("\n").at(-1));
}

test("a process killed at any moment has lost nothing it acknowledged, and left nothing half made", async () => {
  const file = join(await makeTestFolder(), "berth.db");
  let before = 0;
  for (let round = 0; round < 5; round += 1) {
    const acknowledged = await runAndKill(file);
    expect(acknowledged).toBeGreaterThan(before);
    const store = await openSqliteStore({ file, clock: systemClock, random: systemRandom, log: quietLog });
    const environment = await store.environments.get(production.app, production.environment);
    const { live = null, desired = null, pendingRef = null } = environment ?? {};
    // At most the one that was under way has become live without having been acknowledged.
    expect(live).toBeGreaterThanOrEqual(acknowledged);
    expect(live).toBeLessThanOrEqual(acknowledged + 1);
    expect(pendingRef?.commit).toBe(live?.toString(16).padStart(40, "0"));
    const releases = await store.releases.list(production, { limit: 1000 });
    for (const { version, state, operation, liveAt, supersededAt } of releases) {
      const expected = version === live ? "live" : version === desired ? "pending" : "superseded";
      expect(state === "failed" ? "superseded" : state).toBe(expected);
      expect([liveAt !== null, supersededAt !== null]).toEqual(
        { live: [true, false], pending: [false, false], superseded: [true, true], failed: [false, false] }[state],
      );
      expect((await store.operations.get(operation))?.version).toBe(version);
    }
    const events = await store.operations.events(releases[0]!.operation, 0);
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    if (desired !== null && desired !== live) {
      await store.releases.fail(
        { ...production, version: desired, reason: "killed" },
        { person: "ada", role: "owner" },
      );
    }
    // Numbers go on where they were.
    const { release } = await givenPending(store);
    expect(release.version).toBe((releases[0]?.version ?? 0) + 1);
    await store.releases.fail(
      { ...production, version: release.version, reason: "a look" },
      { person: "ada", role: "owner" },
    );
    await store.close();
    before = acknowledged;
  }
});
