import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { type Berth, startBerth } from "../support/berth.ts";
import { hasDocker, mirrors } from "../support/parts.ts";
import { answering, manifest } from "../support/programs.ts";
import { removeFolder } from "../support/remove-folder.ts";
import { makeRepository } from "../support/repository.ts";
import { describeWith } from "../support/requires.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasDocker();

describeWith("docker", isThere, reason, () => {
  it("builds again for containers what ran as processes, and refuses what was not", async () => {
    const home = mkdtempSync(join(tmpdir(), "berth-move-"));
    onTestFinished(() => removeFolder(home));
    const files = (text: string) => ({ "package.json": manifest("moves"), "server.js": answering(text) });
    let berth: Berth = await startBerth({ BERTH_HOME: home });
    const repository = await makeRepository(berth, "moves", files("one"));
    onTestFinished(() => repository.remove());
    await repository.deploy();
    repository.write(files("two"));
    await repository.commit("Say two");
    await repository.deploy();
    await berth.stop();

    berth = await startBerth({ BERTH_HOME: home, BERTH_RUNTIME: "docker", BERTH_MIRRORS: mirrors });
    onTestFinished(() => berth.stop(), 60_000);
    await until("it is told why nothing serves it", async () => {
      const page = await berth.get("moves.localhost");
      return page.status === 503 && page.body.includes("without the base image") && page.body.includes("berth rebuild");
    });
    const [service] = (await berth.status("moves")).services;
    expect(service?.fault).toMatchObject({ hint: expect.stringContaining("berth rebuild") });
    // Once for what is live, and once for what is kept warm.
    expect(berth.output().split("a workload could not be changed").length).toBeLessThanOrEqual(3);
    const place = { app: "moves", environment: "production" };
    const route = berth.api().apps[":app"].environments[":environment"];
    const refused = await route.rollback.$post({ param: place, query: {}, json: { version: 1 } }).catch(String);
    expect(String(refused)).toMatch(/does not run here: It was built without the base image/);
    const rebuilt = await (await route.rebuild.$post({ param: place, query: { wait: "60" } })).json();
    expect(rebuilt).toMatchObject({ state: "succeeded", version: 3 });
    await until("it is served by a container", async () => (await berth.get("moves.localhost")).body === "two");
    const again = await (await route.rebuild.$post({ param: place, query: { wait: "60" } })).json();
    expect(again).toMatchObject({ state: "succeeded", version: null });
  }, 180_000);
});
