import type { IdentifiedWorkload } from "@berth/core";
import { afterEach, expect, it } from "vitest";
import {
  appFolder,
  instances,
  makeTestWorkload,
  observed,
  readTail,
  run,
  until,
  untilLogged,
  untilReady,
  untilReason,
} from "../conformance/helpers.ts";
import type { RuntimeUnderTest } from "../conformance/runtime-under-test.ts";
import { describeWithCluster } from "./testing/kubectl.ts";
import { openKubernetesRuntime, type TestPlaceChanges } from "./testing/open-for-test.ts";

const mib = 2 ** 20;

/** Why a release does not come up, in the sentences that a developer is told. */
describeWithCluster(() => {
  let test: RuntimeUnderTest | null = null;

  async function start(
    program: string,
    changes: Partial<IdentifiedWorkload> = {},
    place: TestPlaceChanges = {},
    replicas = 1,
  ): Promise<{ id: string; runtime: RuntimeUnderTest["runtime"] }> {
    test = await openKubernetesRuntime({}, place);
    const workload = makeTestWorkload(await test.makeImage(appFolder), program, { stopGraceMs: 1_000, ...changes });
    await run(test.runtime, workload, replicas);
    return { id: workload.id, runtime: test.runtime };
  }

  const untilRefused = ({ id, runtime }: Awaited<ReturnType<typeof start>>) =>
    until("the cluster refused it", async () => (await observed(runtime, id))?.refusal?.reason);

  afterEach(async () => {
    await test?.dispose();
    test = null;
  });

  it("the image cannot be pulled", async () => {
    const { id, runtime } = await start("server.mjs", { image: `sha256:${"0".repeat(64)}` });
    const instance = await untilReason(
      runtime,
      id,
      /^its image localhost:5055\/berth-test\/app@sha256:0{64} cannot be pulled: the registry does not have it$/,
    );
    expect(instance.givenUpAt).toBeGreaterThan(instance.startedAt);
  });

  it("the quota is reached", async () => {
    const started = await start("server.mjs", {}, { quota: { pods: 10, cpuMillis: 2_000, memoryBytes: 600 * mib } }, 2);
    expect(await untilRefused(started)).toBe(
      "it needs more than the environment's quota allows: it asks for limits.memory=512Mi,requests.memory=512Mi, limits.memory=512Mi,requests.memory=512Mi are in use, and limits.memory=600Mi,requests.memory=600Mi is the limit",
    );
    await untilReady(started.runtime, started.id, 1);
  });

  it("it fits on no node", async () => {
    const resources = { cpuMillis: 900_000, memoryBytes: 64 * mib };
    const quota = { pods: 10, cpuMillis: 1_000_000, memoryBytes: 4 * 2 ** 30 };
    const { id, runtime } = await start("server.mjs", { resources }, { quota });
    const reason = /^it fits on none of the cluster's .*: \d+ without enough processor time$/;
    expect(await untilReason(runtime, id, reason)).toMatchObject({ state: "starting", endpoint: null });
  });

  it("Pod Security forbids it", async () => {
    const started = await start("server.mjs", {}, { user: 0 });
    expect(await untilRefused(started)).toMatch(
      /^it may not run so under Pod Security "restricted:v1\.\d+": runAsUser=0 \(pod must not set runAsUser=0\)$/,
    );
  });

  it("it crashes, and its last lines say why", async () => {
    const { id, runtime } = await start("", { command: { shell: "echo no database at db:5432; exit 4" } });
    await untilReason(runtime, id, /^it exited with code 4 right after its start$/);
    await untilLogged(runtime, id, "no database at db:5432");
    await untilLogged(runtime, id, "exited with code 4");
    await untilLogged(runtime, id, "restarting in 10 s");
    const order = (await readTail(runtime, id)).map(({ text }) => text);
    expect(order.indexOf("no database at db:5432")).toBeLessThan(order.indexOf("exited with code 4"));
  });

  it("it may not write where it wants to", async () => {
    const command = { argv: ["node", "-e", 'require("fs").writeFileSync("/app/cache.txt", "")'] };
    const { id, runtime } = await start("", { command });
    const reason = /it may not write to \/app\/cache\.txt, which is read-only/;
    expect(await untilReason(runtime, id, reason)).toMatchObject({ state: "exited" });
  });

  it("it uses more memory than it may", async () => {
    const command = {
      argv: ["node", "-e", "const taken = []; setInterval(() => taken.push(Buffer.alloc(16 * 2 ** 20, 1)), 5)"],
    };
    const { id, runtime } = await start("", { command, resources: { cpuMillis: 100, memoryBytes: 96 * mib } });
    await untilReason(runtime, id, /^it used more memory than its 96 MiB and was stopped/);
    expect((await instances(runtime, id))[0]?.lastExit?.outOfMemory).toBe(true);
  });

  it("it answers its health check with an error", async () => {
    const { id, runtime } = await start("sick.mjs", { health: { path: "/healthz", timeoutMs: 20_000 } });
    const reason = /^it answers 503 on \/healthz; anything below 500 counts as healthy$/;
    expect(await untilReason(runtime, id, reason)).toMatchObject({ state: "starting", endpoint: null });
  });

  it("a task finds the quota reached, or no node", async () => {
    const reasonOf = async (resources: IdentifiedWorkload["resources"], quota: TestPlaceChanges["quota"]) => {
      test = await openKubernetesRuntime({}, quota === undefined ? {} : { quota });
      const { runtime } = test;
      const parts = { kind: "task" as const, health: null, run: "op_1", timeoutMs: null };
      const made = makeTestWorkload(await test.makeImage(appFolder), "task.mjs", { resources, ...parts });
      await runtime.run({ ...made, ...parts });
      const found = await until("it is told why", async () => {
        const task = (await runtime.observe()).tasks.get(made.id);
        return task?.reason?.startsWith("it needs more") || task?.reason?.startsWith("it fits on none") ? task : null;
      });
      expect(found).toMatchObject({ state: "running", startedAt: null, exit: null });
      expect(found.givenUpAt).toBeGreaterThan(0);
      await test.dispose();
      test = null;
      return found.reason;
    };
    const small = { cpuMillis: 100, memoryBytes: 512 * mib };
    expect(await reasonOf(small, { pods: 10, cpuMillis: 2_000, memoryBytes: 256 * mib })).toMatch(
      /^it needs more than the environment's quota allows: it asks for limits\.memory=512Mi/,
    );
    const large = { cpuMillis: 900_000, memoryBytes: 64 * mib };
    expect(await reasonOf(large, { pods: 10, cpuMillis: 1_000_000, memoryBytes: 4 * 2 ** 30 })).toMatch(
      /^it fits on none of the cluster's .*: \d+ without enough processor time$/,
    );
  });
});
