// On a cluster: from a push to the first answer, rollbacks, and a deployer with many apps, each beside what kubectl or the API server needs
// for the same in the same run. Needs KUBECONFIG, and a registry of base images.
import { randomBytes } from "node:crypto";
import { hasCluster, startOnCluster } from "../support/cluster.ts";
import { benchFleet } from "./cluster/fleet.ts";
import { benchPreviews } from "./cluster/previews.ts";
import { benchPushes } from "./cluster/pushes.ts";
import { benchRollbacks } from "./cluster/rollbacks.ts";
import type { Quantity } from "./support/quantities.ts";

/** Some of it, with commas between, such as `fleet`: BENCH_PARTS. */
const parts = (process.env["BENCH_PARTS"] ?? "push,rollback,preview,fleet").split(",");

export async function benchCluster(rounds: number): Promise<Quantity[]> {
  const { isThere, reason } = await hasCluster();
  if (!isThere) throw new Error(`there is no cluster to measure: ${reason}`);
  const prefix = `b${randomBytes(3).toString("hex")}-`;
  const quantities: Quantity[] = [];
  if (parts.some((part) => part !== "fleet")) {
    const on = await startOnCluster();
    try {
      if (parts.includes("push")) quantities.push(...(await benchPushes(on, `${prefix}push`, rounds)));
      if (parts.includes("rollback")) quantities.push(...(await benchRollbacks(on, `${prefix}rollback`, rounds)));
      if (parts.includes("preview")) quantities.push(...(await benchPreviews(on, `${prefix}preview`, rounds)));
    } finally {
      await on.stop();
    }
  }
  if (parts.includes("fleet")) quantities.push(...(await benchFleet(prefix, rounds)));
  return quantities;
}
