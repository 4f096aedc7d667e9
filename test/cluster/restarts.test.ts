import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRepository } from "../support/repository.ts";
import { startTraffic } from "../support/traffic.ts";

await describeOnCluster((on) => {
  async function deployed(app: string, text: string) {
    const files = { "package.json": manifest(app), "server.js": answering(text), "berth.yaml": smallService };
    const repository = await makeRepository(on().berth, app, files);
    onTestFinished(() => repository.remove());
    await repository.deploy();
    return repository;
  }

  const uids = async (app: string) => (await on().pods(app)).map(({ metadata }) => metadata.uid).toSorted();

  it("serves the same pods again after the server was killed, while requests flow", async () => {
    await deployed("pod-stays", "here");
    const before = await uids("pod-stays");
    const traffic = startTraffic(on().berth, "pod-stays.localhost", { away: true });
    for (let time = 0; time < 3; time += 1) {
      await on().berth.kill();
      await on().berth.restart();
      expect((await on().berth.get("pod-stays.localhost")).body).toBe("here");
    }
    expect(await traffic.stop()).toEqual([]);
    expect(await uids("pod-stays")).toEqual(before);
  }, 120_000);

  it("leaves pods running when it is stopped at its terminal", async () => {
    await deployed("pod-outlives", "still here");
    const before = await uids("pod-outlives");
    await on().berth.kill("SIGINT");
    expect(await uids("pod-outlives")).toEqual(before);
    await on().berth.restart();
    expect((await on().berth.get("pod-outlives.localhost")).body).toBe("still here");
    expect(on().berth.output()).toContain("Ctrl-C stops it, apps go on");
  }, 120_000);

  it("keeps what is live when it is killed during a rollout, and leaves nothing of the rest", async () => {
    const repository = await deployed("pod-killed", "push 0");
    let live = "push 0";
    for (const [number, afterMs] of [100, 900, 1_700].entries()) {
      const text = `push ${number + 1}`;
      repository.write({ "server.js": answering(text) });
      const commit = await repository.commit(`Say ${text}`);
      const traffic = startTraffic(on().berth, "pod-killed.localhost", { away: true });
      const pushing = repository.startPush("berth", "main");
      await pushing.sees("release v");
      await sleep(afterMs);
      await on().berth.kill();
      const { ok } = await pushing.done;
      await on().berth.restart();
      const { status, body } = await on().berth.get("pod-killed.localhost");
      expect(await traffic.stop()).toEqual([]);
      expect(status).toBe(200);
      if (ok) live = text;
      expect([live, text]).toContain(body);
      live = body;
      const ref = (await repository.git("ls-remote", "berth", "refs/heads/main")).split("\t")[0];
      expect(ref === commit, "the ref says what is live").toBe(body === text);
    }
    repository.write({ "server.js": answering("the last") });
    await repository.commit("Say the last");
    await repository.deploy();
    expect((await on().berth.get("pod-killed.localhost")).body).toBe("the last");
    const releases = await on().berth.releases("pod-killed");
    const wereLive = releases.filter(({ state }) => state === "live" || state === "superseded");
    // The live one, and of those before it two that are warm; of what was given up no pod is left.
    const pods = async () => (await uids("pod-killed")).length;
    await expect.poll(pods, { timeout: 60_000 }).toBe(Math.min(3, wereLive.length));
    expect((await on().deployments("pod-killed")).length).toBeLessThanOrEqual(releases.length);
  }, 180_000);
});
