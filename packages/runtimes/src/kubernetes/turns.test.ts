import { afterEach, beforeEach, expect, it } from "vitest";
import {
  appFolder,
  instances,
  makeTestWorkload,
  observed,
  readTail,
  run,
  until,
  untilReady,
} from "../conformance/helpers.ts";
import { workloadName } from "./names.ts";
import { describeWithCluster, kubectl } from "./testing/kubectl.ts";
import { openKubernetesRuntime, type KubernetesUnderTest } from "./testing/open-for-test.ts";

/** What is asked of one workload at once, and what a cluster does not do. */
describeWithCluster(() => {
  let test: KubernetesUnderTest;
  const workloadOf = async () =>
    makeTestWorkload(await test.makeImage(appFolder), "server.mjs", { stopGraceMs: 1_000 });

  beforeEach(async () => {
    test = await openKubernetesRuntime({ namespaceLingerMs: 200 });
  });
  afterEach(() => test.dispose());

  it("makes, scales and removes a workload in the order in which that was asked for", async () => {
    const workload = await workloadOf();
    const { runtime } = test;
    await Promise.all([
      runtime.ensure(workload),
      until("it is known", () =>
        runtime.scale(workload.id, 2).then(
          () => true,
          () => false,
        ),
      ),
    ]);
    const removed = runtime.remove(workload.id);
    const again = runtime.ensure(workload).then(() => runtime.scale(workload.id, 1));
    await Promise.all([removed, again]);
    const [instance] = await untilReady(runtime, workload.id, 1);
    await until("it is whole", async () => (await observed(runtime, workload.id))?.isWhole);
    expect(await observed(runtime, workload.id)).toMatchObject({ replicas: 1 });
    expect((await readTail(runtime, workload.id)).filter((line) => line.instance !== instance!.id)).toEqual([]);
  });

  it("tells what holds a Deployment that somebody has removed, and makes it again once that is gone", async () => {
    const workload = await workloadOf();
    const { runtime } = test;
    await run(runtime, workload);
    const place = ["-n", test.namespaceOf(workload)];
    const name = `deployment/${workloadName(workload)}`;
    const hold = (finalizers: string[]) =>
      kubectl([...place, "patch", name, "--type=merge", "-p", JSON.stringify({ metadata: { finalizers } })]);
    await hold(["example.org/hold"]);
    await kubectl([...place, "delete", name, "--cascade=foreground", "--wait=false"]);
    await until("it is seen to go", async () => (await observed(runtime, workload.id))?.isWhole === false);
    await expect(runtime.ensure(workload)).rejects.toMatchObject({
      code: "cluster.terminating",
      message: expect.stringContaining("example.org/hold"),
    });
    await hold([]);
    await until("it is made again", () =>
      runtime.ensure(workload).then(
        () => runtime.scale(workload.id, 1).then(() => true),
        () => false,
      ),
    );
    await untilReady(runtime, workload.id, 1);
  });

  it("makes an environment again whose namespace is on its way out", async () => {
    const workload = await workloadOf();
    const { runtime } = test;
    await runtime.ensure(workload);
    await runtime.remove(workload.id);
    const name = test.namespaceOf(workload);
    const phase = () => kubectl(["get", "namespace", name, "--ignore-not-found", "-o", "jsonpath={.status.phase}"]);
    await until("its namespace goes", async () => (await phase()) === "Terminating");
    // Where that takes long it says so, and is asked again.
    await until("it is gone, and made again", () =>
      runtime.ensure(workload).then(
        () => true,
        () => false,
      ),
    );
    await runtime.scale(workload.id, 1);
    expect(await untilReady(runtime, workload.id, 1)).toHaveLength(1);
    expect(await phase()).toBe("Active");
  });

  it("does not wait without end for a pod that does not go", async () => {
    await test.dispose();
    test = await openKubernetesRuntime({ endSlackMs: 500 });
    const workload = await workloadOf();
    const { runtime } = test;
    await runtime.ensure(workload);
    await runtime.scale(workload.id, 1);
    const [instance] = await untilReady(runtime, workload.id, 1);
    const patch = (value: string[]) => JSON.stringify({ metadata: { finalizers: value } });
    const pod = ["-n", test.namespaceOf(workload), "patch", "pod", instance!.id, "--type=merge", "-p"];
    await kubectl([...pod, patch(["berth.test/stays"])]);
    try {
      await runtime.remove(workload.id);
      expect(await instances(runtime, workload.id)).toEqual([]);
      await expect(readTail(runtime, workload.id)).rejects.toMatchObject({ code: "workload.not-found" });
    } finally {
      await kubectl([...pod, patch([])]);
    }
  });
});
