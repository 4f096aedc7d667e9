import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { quietLog, systemClock, systemRandom } from "../../packages/core/src/index.ts";
import { openSqliteStore } from "../../packages/store/src/index.ts";
import { makePerson } from "../cli/cli.ts";
import { startBerth } from "../support/berth.ts";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeRepository } from "../support/repository.ts";
import { until } from "../support/until.ts";

/** A home with nothing in it but the name that an installation has on the cluster. */
async function makeEmptyHome(installation: string): Promise<string> {
  const home = mkdtempSync(join(tmpdir(), "berth-other-"));
  const store = await openSqliteStore({
    file: join(home, "berth.db"),
    clock: systemClock,
    random: systemRandom,
    log: quietLog,
  });
  await store.installation.put("installation", installation);
  await store.close();
  return home;
}

await describeOnCluster((on) => {
  it("leaves alone what runs where its store is lost, tells of it, and removes it on request alone", async () => {
    const app = "strays";
    const files = { "package.json": manifest(app), "server.js": answering("here"), "berth.yaml": smallService };
    const repository = await makeRepository(on().berth, app, files);
    onTestFinished(() => repository.remove());
    await repository.deploy();
    const [deployment] = await on().deployments(app);
    const before = (await on().pods(app)).map(({ metadata }) => metadata.uid);
    await on().berth.kill();

    const home = await makeEmptyHome(deployment!.metadata.labels!["dev.berth/installation"]!);
    const other = await startBerth({ ...on().settings, BERTH_HOME: home });
    const person = makePerson(other);
    onTestFinished(async () => {
      await other.stop();
      person.remove();
      removeFolder(home);
    });
    const run = (...args: string[]) => person.berth([...args, "--server", other.url]);
    const listed = await until("it is told", async () => {
      const { out } = await run("prune");
      return out.includes(app) ? out : null;
    });
    expect(listed).toMatch(/strays +production +web +[0-9a-f]{20} +1\n\n.*berth prune --unknown removes it/);
    expect(other.output()).toContain("no release here has made it");
    // An app of the same name, from the other store: its own is made beside, and what was there stays.
    const again = await makeRepository(other, app, { ...files, "server.js": answering("again") });
    onTestFinished(() => again.remove());
    await again.deploy();
    expect((await on().pods(app)).map(({ metadata }) => metadata.uid)).toEqual(expect.arrayContaining(before));
    const drift = await run("drift", "--app", app);
    expect(drift.out).toMatch(/web [0-9a-f]{20} runs, and no release has made it/);

    expect(await run("prune", "--unknown")).toMatchObject({ code: 2 });
    expect((await run("prune", "--unknown", "--yes")).out).toContain("Removed 1 workload");
    const after = (await on().pods(app)).map(({ metadata }) => metadata.uid);
    expect(after).toHaveLength(1);
    expect(before).not.toEqual(after);
    expect((await other.get(`${app}.localhost`)).body).toBe("again");
    expect((await run("prune")).out).toContain("All that runs was made by a release");
  }, 180_000);
});
