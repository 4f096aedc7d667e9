import { join } from "node:path";
import type { Autoscale } from "@berth/core";
import { expect, onTestFinished, test } from "vitest";
import { makeTestWorkload, observed, run, untilReady } from "../../conformance/helpers.ts";
import type { RuntimeUnderTest } from "../../conformance/runtime-under-test.ts";
import { workloadName } from "../names.ts";
import { describeWithCluster, kubectl } from "../testing/kubectl.ts";
import { openKubernetesRuntime } from "../testing/open-for-test.ts";

const folder = join(import.meta.dirname, "../fixtures/busy");
const bounds: Autoscale = { min: 1, max: 3, cpuPercent: 50, idleMs: 1_000 };
/** Metrics come each ten seconds or more, and half of the instances may end in half a minute. */
const slowMs = 170_000;

describeWithCluster(() => {
  async function start(name: string) {
    const subject = await openKubernetesRuntime();
    onTestFinished(() => subject.dispose());
    const workload = makeTestWorkload(await subject.makeImage(folder), "server.mjs", {
      // Each has a name of its own, also beside what is just being removed.
      env: { TEST: name },
      resources: { cpuMillis: 100, memoryBytes: 128 * 2 ** 20 },
    });
    await run(subject.runtime, workload);
    await untilReady(subject.runtime, workload.id);
    return { subject, workload };
  }

  test("instances come under load, and go when it is over", { timeout: 2 * slowMs }, async () => {
    const { subject, workload } = await start("load");
    const { runtime } = subject;
    await runtime.autoscale!(workload.id, bounds);
    expect(await observed(runtime, workload.id)).toMatchObject({ replicas: 1, autoscale: bounds });

    const stopLoad = load(subject, workload.id);
    await expect.poll(() => replicasOf(subject, workload.id), { timeout: slowMs, interval: 500 }).toBe(3);
    await untilReady(runtime, workload.id, 3);
    await stopLoad();

    await expect.poll(() => replicasOf(subject, workload.id), { timeout: slowMs, interval: 500 }).toBe(1);
    await untilReady(runtime, workload.id);
  });

  test("an autoscaler goes before its workload stops, and one that was changed is told and put right", async () => {
    const { subject, workload } = await start("drift");
    const { runtime } = subject;
    const named = workloadName(workload);
    const find = async () =>
      (
        await kubectl([
          "get",
          "hpa",
          "-A",
          "-o",
          `jsonpath={.items[?(@.metadata.name=="${named}")].metadata.namespace}`,
        ])
      ).trim();
    await runtime.autoscale!(workload.id, bounds);
    const namespace = await find();
    const autoscale = async () => (await observed(runtime, workload.id))?.autoscale;

    await kubectl(["-n", namespace, "patch", "hpa", named, "--type=merge", "-p", '{"spec":{"maxReplicas":9}}']);
    await expect.poll(autoscale).toBe("unknown");
    await runtime.autoscale!(workload.id, bounds);
    expect(await autoscale()).toEqual(bounds);

    // A server that has just started has asked for nothing yet.
    const later = await subject.reopen();
    expect((await observed(later, workload.id))?.autoscale).toBe("unknown");
    await expect(later.autoscale!(workload.id, bounds)).rejects.toMatchObject({ code: "workload.not-found" });
    await later.ensure(workload);
    await later.autoscale!(workload.id, bounds);
    expect((await observed(later, workload.id))?.autoscale).toEqual(bounds);

    await later.autoscale!(workload.id, null);
    await later.autoscale!(workload.id, null);
    expect((await observed(later, workload.id))?.autoscale).toBeNull();
    expect(await find()).toBe("");
    await later.scale(workload.id, 0);
  });
});

async function replicasOf({ runtime }: RuntimeUnderTest, id: string): Promise<number | undefined> {
  return (await observed(runtime, id))?.replicas;
}

/** Asks all instances for work, over and over. Returns how to stop. */
function load({ runtime }: RuntimeUnderTest, id: string): () => Promise<void> {
  const stopping = new AbortController();
  const ask = async () => {
    while (!stopping.signal.aborted) {
      const [first] = runtime.endpoints(id);
      if (first === undefined) return;
      const { host, port } = first.endpoint;
      await fetch(`http://${host}:${port}/work`, { signal: stopping.signal }).then(
        (answer) => answer.text(),
        () => undefined,
      );
      // Not so much that nothing is left of the machine.
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const asking = ask();
  return async () => {
    stopping.abort();
    await asking;
  };
}
