import { expect, it } from "vitest";
import type { Cluster } from "@berth/cluster";
import { listeningIn } from "./listening-in.ts";

const pod = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "web" };

/** A cluster whose pod writes this again and again, for as long as anybody listens. */
function answering(chunk: Uint8Array, times: number): { cluster: Pick<Cluster, "exec">; count(): number } {
  let count = 0;
  const exec: Cluster["exec"] = async (_pod, { stdout, signal }) => {
    for (; count < times && !signal.aborted; count++) await stdout?.(chunk);
    signal.throwIfAborted();
    return { exitCode: 0, message: null };
  };
  return { cluster: { exec }, count: () => count };
}

it("tells where programs of a pod listen", async () => {
  const line = "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1\n";
  const { cluster } = answering(Buffer.from(`  sl  local_address rem_address   st\n${line}`), 1);
  expect(await listeningIn(cluster, pod)).toEqual([{ host: "0.0.0.0", port: 8080 }]);
});

it("gives up a program of an app that writes without end", async () => {
  const { cluster, count } = answering(Buffer.alloc(65_536), 10_000);
  expect(await listeningIn(cluster, pod)).toEqual([]);
  expect(count()).toBeLessThan(100);
});
