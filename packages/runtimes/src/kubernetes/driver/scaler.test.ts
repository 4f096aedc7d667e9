import { quietLog, type Log } from "@berth/core";
import { expect, onTestFinished, test } from "vitest";
import { appFolder, makeTestWorkload, observed, until, untilReady } from "../../conformance/helpers.ts";
import { workloadName } from "../names.ts";
import { keepLive } from "../testing/keep-live.ts";
import { describeWithCluster, kubectl } from "../testing/kubectl.ts";
import { openKubernetesRuntime } from "../testing/open-for-test.ts";

describeWithCluster(() => {
  test("a number that somebody sets again and again is put back with pauses, and then again", async () => {
    const heldUntil: number[] = [];
    const log: Log = {
      ...quietLog,
      warn: (fields, text) => {
        if (text?.startsWith("Scaled again") === true) heldUntil.push(Date.parse((fields as { until: string }).until));
      },
    };
    const subject = await openKubernetesRuntime({ log });
    onTestFinished(() => subject.dispose());
    const { runtime } = subject;
    const workload = makeTestWorkload(await subject.makeImage(appFolder), "server.mjs", { stopGraceMs: 1_000 });
    const stop = keepLive(runtime, workload, 1);
    onTestFinished(stop);
    await untilReady(runtime, workload.id);
    const name = `deployment/${workloadName(workload)}`;
    const told = () =>
      runtime.drift!(workload).filter(({ fields }) => fields.some(({ path }) => path === "spec.replicas"));
    const set = async (count: number) => {
      await kubectl(["-n", subject.namespaceOf(workload), "scale", name, "--replicas=2"]);
      await until(`change ${count} was put back`, async () => {
        return told().length === count && (await observed(runtime, workload.id))?.replicas === 1;
      });
    };
    for (const count of [1, 2, 3]) await set(count);
    expect(heldUntil).toEqual([]);
    await set(4);
    expect(heldUntil).toHaveLength(1);
    await set(5);
    expect(Math.max(...told().map(({ at }) => at))).toBeGreaterThanOrEqual(heldUntil[0]!);
  }, 60_000);
});
