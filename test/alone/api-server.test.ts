import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { hasCluster, startOnCluster } from "../support/cluster.ts";
import { runs } from "../support/processes.ts";
import { describeWith } from "../support/requires.ts";
import { deployTextApp } from "../support/text-app.ts";
import { expectUnharmed, startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const run = promisify(execFile);
const awayMs = 60_000;

/** Where its process id is, and the program that starts it again. Only of a cluster that is there for tests alone. */
const pidFile = process.env["BERTH_TEST_API_SERVER_PIDFILE"] ?? "";
const startProgram = process.env["BERTH_TEST_API_SERVER_START"] ?? "";
const isNamed = pidFile !== "" && startProgram !== "";
const cluster = await hasCluster();
const reason = isNamed
  ? cluster.reason
  : "BERTH_TEST_API_SERVER_PIDFILE and BERTH_TEST_API_SERVER_START do not name an API server that may be stopped";

describeWith("an API server that may be stopped", isNamed && cluster.isThere, reason, () => {
  it("apps serve while it is stopped for a minute, a push waits with a word, and then all goes on", async () => {
    const on = await startOnCluster();
    onTestFinished(() => on.stop());
    const app = await deployTextApp(on.berth, "without-api", "one");
    onTestFinished(() => app.repository.remove());
    const traffic = startTraffic(on.berth, app.host);

    const pid = Number(readFileSync(pidFile, "utf8"));
    // Whatever becomes of the test: others need it.
    onTestFinished(async () => void (await run(startProgram)));
    // Asked to end it would serve the watches that it has for another minute.
    process.kill(pid, "SIGKILL");
    await until("it is stopped", () => !runs(pid), 60_000);
    const push = await app.startSaying("two");
    const away = sleep(awayMs);
    await push.sees("waiting: The cluster at ");
    await away;
    expect((await on.berth.get(app.host)).body).toBe("one");
    await run(startProgram);

    const { ok, output } = await push.done;
    expect(output).toContain("going on");
    expect(ok).toBe(true);
    expect((await on.berth.get(app.host)).body).toBe("two");
    await expectUnharmed(traffic);
    expect(traffic.seen()).toEqual(["one", "two"]);
  }, 300_000);
});
