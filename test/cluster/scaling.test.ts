import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { followLoad } from "../scaling/container-scenario.ts";
import { followSleep } from "../scaling/sleep-scenario.ts";
import { expectBelievable, followUsage } from "../scaling/usage-scenario.ts";
import { type ClusterBerth, hasCluster, startOnCluster } from "../support/cluster.ts";
import { describeWith } from "../support/requires.ts";

const { isThere, reason } = await hasCluster();
const program = join(import.meta.dirname, "../scaling/hasty-server.ts");

describeWith("a cluster", isThere, reason, () => {
  let on: ClusterBerth;
  beforeAll(async () => {
    on = await startOnCluster({}, { program });
  }, 60_000);
  afterAll(() => on.stop(), 60_000);

  it("has as many pods as requests in flight ask for, none without, and no other autoscaler beside", async () => {
    await followLoad(on.berth, "busy-pods", async () => {
      expect(await on.pods("busy-pods")).toHaveLength(3);
      const namespace = `${on.prefixes.own}busy-pods--production`;
      const autoscalers = { apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler" };
      expect((await on.cluster.list(autoscalers, { namespace })).items).toEqual([]);
    });
  }, 240_000);

  it("is woken once for many who ask, and sleeps again when nobody does", async () => {
    const count = async () => (await on.pods("dozing-pods")).length;
    expect(await followSleep(on.berth, "dozing-pods", count)).toEqual(["request", "request", "person"]);
  }, 240_000);

  it("tells what of its processors and memory an app has used, and how long it slept", async () => {
    const judged = await followUsage(on.berth, "thrifty-pods");
    expect(judged.requestsPerInstance).toBeGreaterThan(0);
    expectBelievable(judged);
  }, 300_000);
});
