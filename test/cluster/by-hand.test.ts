import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { type KubeObject, refOf } from "../../packages/cluster/src/index.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";
import { deployTextApp, type TextApp } from "../support/text-app.ts";
import { expectUnharmed, startTraffic, type Traffic } from "../support/traffic.ts";
import { until } from "../support/until.ts";

const { isThere, reason } = await hasCluster();
const manager = "kubectl-by-hand";
const app = "by-hand";

interface Scaled extends KubeObject {
  spec?: { replicas?: number };
}

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  let text: TextApp;
  let traffic: Traffic;
  beforeAll(async () => {
    on = await startOnCluster();
    text = await deployTextApp(on.berth, app, "here");
  }, 90_000);
  afterAll(async () => {
    text.repository.remove();
    await on.stop();
  }, 60_000);
  beforeEach(() => {
    traffic = startTraffic(on.berth, text.host);
  });
  afterEach(() => expectUnharmed(traffic));

  const namespace = () => `${on.prefixes.own}${app}--production`;
  const uids = async () => (await on.pods(app)).map(({ metadata }) => metadata.uid ?? "");
  const serving = async () => (await on.berth.status(app)).services.flatMap(({ instances }) => instances);
  const onlyDeployment = async () => {
    const [deployment, ...others] = (await on.deployments(app)) as Scaled[];
    expect(others).toEqual([]);
    return deployment!;
  };

  /** One instance, which is another one than before, is there and ready, and nothing of what was. */
  async function untilReplaced(before: readonly string[]): Promise<void> {
    await until(
      "there is another, and it alone",
      async () => {
        const [instance, ...more] = await serving();
        const now = await uids();
        return more.length === 0 && instance?.state === "ready" && now.length === 1 && !before.includes(now[0]!);
      },
      60_000,
    );
  }

  it("a pod that somebody deletes is replaced, and nobody notices", async () => {
    const before = await uids();
    const [pod] = await on.pods(app);
    await on.cluster.remove(refOf(pod!));
    await untilReplaced(before);
    expect((await onlyDeployment()).spec?.replicas).toBe(1);
  }, 90_000);

  it("a Deployment that somebody deletes is made again, and is told of", async () => {
    const before = await uids();
    const deployment = await onlyDeployment();
    await on.cluster.remove(refOf(deployment));
    await untilReplaced(before);
    expect((await onlyDeployment()).metadata.uid).not.toBe(deployment.metadata.uid);
    const param = { app, environment: "production" };
    const drift = await (await on.berth.api().apps[":app"].environments[":environment"].drift.$get({ param })).json();
    expect(drift.items.map(({ object }) => object)).toContain(`Deployment ${deployment.metadata.name}`);
  }, 90_000);

  it.each([0, 3])(
    "replicas that somebody sets to %i are put back",
    async (replicas) => {
      const deployment = await onlyDeployment();
      await on.cluster.scale(refOf(deployment), replicas, { manager });
      await until("they are put back", async () => (await onlyDeployment()).spec?.replicas === 1);
      await until(
        "one instance is left",
        async () => (await uids()).length === 1 && (await serving()).length === 1,
        60_000,
      );
      await until("it is ready", async () => (await serving()).every(({ state }) => state === "ready"), 60_000);
      expect((await onlyDeployment()).metadata.uid).toBe(deployment.metadata.uid);
    },
    120_000,
  );

  it("pods whose ReplicaSet somebody has taken away from them are neither doubled nor left over", async () => {
    const before = await uids();
    const kind = { apiVersion: "apps/v1", kind: "ReplicaSet" };
    const { items } = await on.cluster.list<Scaled>(kind, { namespace: namespace() });
    const [set, ...others] = items.filter(({ spec }) => (spec?.replicas ?? 0) > 0);
    expect(others).toEqual([]);
    await on.cluster.remove(refOf(set!), { propagation: "Orphan" });
    await until("another has taken them on", async () => {
      const owners = (await on.pods(app)).flatMap(({ metadata }) => metadata.ownerReferences ?? []);
      return owners.length === 1 && owners[0]!.uid !== set!.metadata.uid;
    });
    await until("one is counted", async () => (await serving()).length === 1);
    expect(await uids()).toEqual(before);
    await text.say("and on");
    await until("the new one serves", async () => (await on.berth.get(text.host)).body === "and on");
    // One is live, and one is kept warm.
    await until("two are left", async () => (await uids()).length === 2, 60_000);
  }, 120_000);
});
