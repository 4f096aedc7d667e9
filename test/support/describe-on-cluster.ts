import { afterAll, beforeAll } from "vitest";
import { type ClusterBerth, hasCluster, startOnCluster } from "./cluster.ts";
import { describeWith } from "./requires.ts";

/** Tests that share one server whose apps run on the cluster, which `suite` is handed a way to; see `startOnCluster`. */
export async function describeOnCluster(
  suite: (on: () => ClusterBerth) => void,
  { startMs = 60_000 } = {},
): Promise<void> {
  const { isThere, reason } = await hasCluster();
  describeWith("a cluster", isThere, reason, () => {
    let on: ClusterBerth;
    beforeAll(async () => {
      on = await startOnCluster();
    }, startMs);
    afterAll(() => on.stop(), 60_000);
    suite(() => on);
  });
}
