import { afterAll, beforeAll, expect, it } from "vitest";
import type { KubeObject } from "../../packages/cluster/src/index.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";
import { deployTextApp, type TextApp } from "../support/text-app.ts";
import { expectUnharmed, startTraffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();
const finalizer = "berth.test/hold";
const neverReady = `setInterval(() => {}, 1_000);`;

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  let app: TextApp;
  beforeAll(async () => {
    on = await startOnCluster();
    app = await deployTextApp(on.berth, "held", "one");
  }, 180_000);
  afterAll(async () => {
    app.repository.remove();
    await on.stop();
  }, 60_000);

  it("a namespace that does not go is told of and waited for, and keeps nothing else from going on", async () => {
    const traffic = startTraffic(on.berth, app.host);
    const push = () => app.repository.startPush("berth", "main:refs/heads/login");
    expect((await push().done).ok).toBe(true);
    const namespace = `${on.prefixes.own}${app.name}--login`;
    const ref = { apiVersion: "v1", kind: "ConfigMap", namespace, name: "held" };
    const held: KubeObject = { ...ref, metadata: { name: "held", namespace, finalizers: [finalizer] } };
    await on.cluster.create(held);
    await app.repository.deploy("berth", "--delete", "login");
    const isLeaving = async () => (await on.namespace(app.name, "login"))?.metadata.deletionTimestamp !== undefined;
    await until("it is to go", isLeaving, 60_000);

    const again = push();
    await again.sees(`waiting: Namespace ${namespace} is being removed and is not gone yet`);
    await app.say("two");
    expect((await on.berth.get(app.host)).body).toBe("two");
    const told = new RegExp(`Namespace ${namespace} is being removed and is not gone yet: .*${finalizer}`);
    await until("its operator is told what holds it", () => told.test(on.berth.output()), 60_000);
    expect(await isLeaving()).toBe(true);

    await on.cluster.patch(ref, { metadata: { finalizers: null } }, { manager: "kubectl-by-hand" });
    const { ok, output } = await again.done;
    expect(output).toContain("going on");
    expect(ok).toBe(true);
    expect((await on.berth.get(`${app.name}--login.localhost`)).status).toBe(200);
    await expectUnharmed(traffic);
  }, 240_000);

  it("a push whose author pushes again during its rollout makes room, and leaves nothing", async () => {
    const traffic = startTraffic(on.berth, app.host);
    const before = new Set((await on.pods(app.name)).map(({ metadata }) => metadata.uid));
    await app.write("never", { "server.js": neverReady });
    const older = app.repository.startPush("berth", "main");
    const isNew = async () => (await on.pods(app.name)).find(({ metadata }) => !before.has(metadata.uid)) ?? null;
    const begun = await until("its pod is there", isNew, 60_000);
    await app.say("newer");
    const { ok, output } = await older.done;
    expect(ok).toBe(false);
    expect(output).toContain("A newer deploy of yours has taken its place");
    expect((await on.berth.get(app.host)).body).toBe("newer");
    const [newest, given] = await on.berth.releases(app.name);
    expect([newest?.state, given?.state]).toEqual(["live", "failed"]);
    const uids = async () => (await on.pods(app.name)).map(({ metadata }) => metadata.uid);
    await until("nothing of the older one is left", async () => !(await uids()).includes(begun?.metadata.uid), 60_000);
    await expectUnharmed(traffic);
    expect(traffic.seen()).toEqual(["two", "newer"]);
  }, 240_000);
});
