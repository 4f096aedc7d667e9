import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { followLoad } from "../scaling/container-scenario.ts";
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
});
