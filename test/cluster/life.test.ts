import { expect, it, onTestFinished } from "vitest";
import { describeOnCluster } from "../support/describe-on-cluster.ts";
import { answering, manifest, smallService } from "../support/programs.ts";
import { makeRepository, type Repository } from "../support/repository.ts";
import { startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

await describeOnCluster((on) => {
  async function deployed(app: string, text: string): Promise<Repository> {
    const files = { "package.json": manifest(app), "server.js": answering(text), "berth.yaml": smallService };
    const repository = await makeRepository(on().berth, app, files);
    onTestFinished(() => repository.remove());
    await repository.deploy();
    return repository;
  }

  async function say(repository: Repository, text: string): Promise<void> {
    repository.write({ "server.js": answering(text) });
    await repository.commit(`Say ${text}`);
    await repository.deploy();
  }

  const uids = async (app: string) => (await on().pods(app)).map(({ metadata }) => metadata.uid).toSorted();

  it("serves a push from a pod that is confined, with an image from the server's own registry", async () => {
    const repository = await deployed("pod-hello", "hello");
    expect((await on().berth.get("pod-hello.localhost")).body).toBe("hello");
    const [pod] = await on().pods("pod-hello");
    expect(pod?.spec).toMatchObject({ securityContext: { runAsNonRoot: true, runAsUser: 1000 } });
    expect(pod?.spec.containers[0]).toMatchObject({
      image: expect.stringMatching(new RegExp(`^localhost:${on().berth.port}/pod-hello@sha256:`)),
      securityContext: { readOnlyRootFilesystem: true, capabilities: { drop: ["ALL"] } },
    });
    // The same content again is the same workload.
    const before = await uids("pod-hello");
    await repository.commit("Change nothing");
    await repository.deploy();
    expect(await uids("pod-hello")).toEqual(before);
  }, 120_000);

  it("flips to the next release without a failed request", async () => {
    const repository = await deployed("pod-flips", "one");
    const traffic = startTraffic(on().berth, "pod-flips.localhost");
    await say(repository, "two");
    await say(repository, "three");
    expect(await traffic.stop()).toEqual([]);
    expect(traffic.seen()).toEqual(["one", "two", "three"]);
    expect(traffic.count()).toBeGreaterThan(50);
  }, 120_000);

  it("goes back to a warm release by a flip, and to a cold one by a scale-up", async () => {
    const repository = await deployed("pod-back", "one");
    for (const text of ["two", "three", "four"]) await say(repository, text);
    // Two are kept warm beside what is live: the first goes once it has nothing to do.
    await until("the first release is cold", async () => (await uids("pod-back")).length === 3);
    const traffic = startTraffic(on().berth, "pod-back.localhost");
    const warm = await uids("pod-back");
    expect(await on().berth.rollback("pod-back")).toMatchObject({ state: "succeeded" });
    expect((await on().berth.get("pod-back.localhost")).body).toBe("three");
    expect(warm).toEqual(expect.arrayContaining(await uids("pod-back")));
    expect(await on().berth.rollback("pod-back", 1)).toMatchObject({ state: "succeeded" });
    expect((await on().berth.get("pod-back.localhost")).body).toBe("one");
    expect((await uids("pod-back")).filter((uid) => !warm.includes(uid))).toHaveLength(1);
    expect(await traffic.stop()).toEqual([]);
  }, 120_000);

  it("refuses a release that crashes, with its last lines, and leaves what is live", async () => {
    const repository = await deployed("pod-breaks", "fine");
    const traffic = startTraffic(on().berth, "pod-breaks.localhost");
    repository.write({ "server.js": `console.error("no harbour in sight");\nprocess.exit(7);` });
    await repository.commit("Break it");
    const { ok, output } = await repository.push();
    expect(ok).toBe(false);
    expect(output).toContain("code 7");
    expect(output).toContain("no harbour in sight");
    expect(await traffic.stop()).toEqual([]);
    expect(traffic.seen()).toEqual(["fine"]);
  }, 120_000);

  it("lets an app write in the folders it names, which begin with what its image has there", async () => {
    const repository = await makeRepository(on().berth, "pod-writes", {
      "package.json": manifest("pod-writes"),
      "berth.yaml": "services: { web: { writable: [data, cache], resources: { cpu: 20m, memory: 128Mi } } }\n",
      "data/seed.txt": "seed",
      "server.js": `import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
appendFileSync("data/seed.txt", " and more");
writeFileSync("cache/made.txt", "made");
const refusal = () => { try { writeFileSync("server.js", ""); } catch (error) { return error.code; } };
createServer((request, response) => {
  response.end([readFileSync("data/seed.txt"), readFileSync("cache/made.txt"), refusal()].join(", "));
}).listen(process.env.PORT);`,
    });
    onTestFinished(() => repository.remove());
    await repository.deploy();
    expect((await on().berth.get("pod-writes.localhost")).body).toBe("seed and more, made, EROFS");
  }, 120_000);

  it("has a namespace for each branch, which goes with it", async () => {
    const repository = await deployed("pod-branches", "main");
    await repository.git("checkout", "--quiet", "-b", "login");
    repository.write({ "server.js": answering("login") });
    await repository.commit("Say login");
    await repository.deploy("berth", "login");
    expect((await on().berth.get("pod-branches--login.localhost")).body).toBe("login");
    expect(await on().namespace("pod-branches", "login")).not.toBeNull();
    await repository.deploy("berth", "--delete", "login");
    await expect.poll(() => on().namespace("pod-branches", "login"), { timeout: 60_000 }).toBeNull();
    expect((await on().berth.get("pod-branches.localhost")).body).toBe("main");
    expect(await on().namespace("pod-branches")).not.toBeNull();
  }, 180_000);
});
