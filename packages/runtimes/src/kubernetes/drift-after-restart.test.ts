import { expect, it } from "vitest";
import { appFolder, makeTestWorkload, until, untilReady } from "../conformance/helpers.ts";
import { workloadName } from "./names.ts";
import { keepLive } from "./testing/keep-live.ts";
import { describeWithCluster, kubectl } from "./testing/kubectl.ts";
import { openKubernetesRuntime } from "./testing/open-for-test.ts";

describeWithCluster(() => {
  it("tells of a number of instances that somebody sets after a restart, before any was asked for", async () => {
    const test = await openKubernetesRuntime();
    try {
      const workload = makeTestWorkload(await test.makeImage(appFolder), "server.mjs", { stopGraceMs: 1_000 });
      const stop = keepLive(test.runtime, workload, 1);
      await untilReady(test.runtime, workload.id, 1);
      await stop();
      const runtime = await test.reopen();
      const replicas = async () => (await runtime.observe(workload)).workloads.get(workload.id)?.replicas;
      await until("it is known again", async () => (await replicas()) === 1);
      const name = workloadName(workload);
      await kubectl(["-n", test.namespaceOf(workload), "scale", "deployment", name, "--replicas=2"]);
      await until("two are wanted", async () => (await replicas()) === 2);
      await runtime.scale(workload.id, 1);
      const fields = runtime.drift!(workload).flatMap((drift) => drift.fields);
      expect(fields).toMatchObject([{ path: "spec.replicas", desired: "1", found: "2" }]);
    } finally {
      await test.dispose();
    }
  }, 60_000);
});
