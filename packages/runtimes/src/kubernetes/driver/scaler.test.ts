import { type Cluster, openCluster } from "@berth/cluster";
import { quietLog, systemClock, systemRandom, type Log } from "@berth/core";
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
    await until("it is left as it is for a while", () => heldUntil.length === 1);
    await set(5);
    expect(Math.max(...told().map(({ at }) => at))).toBeGreaterThanOrEqual(heldUntil[0]!);
  }, 60_000);

  test.each(["before", "after"] as const)(
    "a call that fails %s it is done changes nothing by hand",
    async (when) => {
      const deps = { clock: systemClock, random: systemRandom, log: quietLog };
      const real = await openCluster({ kubeconfig: process.env["KUBECONFIG"] ?? "", deps });
      onTestFinished(() => real.close());
      let fails = false;
      const scale: Cluster["scale"] = async (...call) => {
        if (fails && when === "before") throw new Error("cut");
        const isThere = await real.scale(...call);
        if (fails) throw new Error("cut");
        return isThere;
      };
      const subject = await openKubernetesRuntime({ cluster: { ...real, scale } });
      onTestFinished(() => subject.dispose());
      const { runtime } = subject;
      const workload = makeTestWorkload(await subject.makeImage(appFolder), "server.mjs", { stopGraceMs: 1_000 });
      await runtime.ensure(workload);
      await runtime.scale(workload.id, 1);
      await untilReady(runtime, workload.id);
      fails = true;
      await expect(runtime.scale(workload.id, 2)).rejects.toThrow("cut");
      fails = false;
      await until("what was done is seen", async () => {
        return (await observed(runtime, workload.id))?.replicas === (when === "before" ? 1 : 2);
      });
      await runtime.scale(workload.id, when === "before" ? 2 : 1);
      await untilReady(runtime, workload.id, when === "before" ? 2 : 1);
      expect(runtime.drift!(workload).flatMap(({ fields }) => fields.map(({ path }) => path))).toEqual([]);
    },
    60_000,
  );
});
