import type { KubeObject } from "@berth/cluster";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build, buildFailure, planFor, shellPlan } from "../conformance/build.ts";
import type { BuilderUnderTest } from "../conformance/builder-under-test.ts";
import { nodeImage } from "../testing/docker.ts";
import { describeWithCluster, openOnCluster } from "../testing/kubernetes.ts";
import { makeRequest, makeSink, makeStep, never } from "../testing/plan.ts";
import { cacheName } from "./names.ts";

const claims = { apiVersion: "v1", kind: "PersistentVolumeClaim" };

await describeWithCluster("a cluster", () => describe("the kubernetes builder", { timeout: 180_000 }, suite));

function suite(): void {
  let on: Awaited<ReturnType<typeof openOnCluster>>;
  let under: Pick<BuilderUnderTest, "builder" | "images" | "plan">;
  beforeAll(async () => {
    on = await openOnCluster();
    under = { ...on, plan: { buildImage: await on.pin(nodeImage) } };
  }, 120_000);
  afterAll(() => on.dispose(), 60_000);
  const plan = (shell: string) => shellPlan(under as BuilderUnderTest, shell);
  const built = (shell: string, ...rest: [Record<string, string>?, object?]) =>
    build(under as BuilderUnderTest, plan(shell), rest[0] ?? { a: "1" }, rest[1] ?? {});

  it("keeps a step from the cluster and its machines, from the server but for its own channel, and from root's rights", async () => {
    const reach = (host: string, port: number | string) =>
      `node -e 'require("net").connect({host:"${host}",port:${port},timeout:3000}).on("connect",()=>{console.log("open");process.exit()}).on("timeout",()=>{console.log("closed");process.exit()}).on("error",()=>console.log("closed"))'`;
    const { hostname, port } = new URL(on.place.channelUrl);
    const shell = [
      // A policy takes a moment to be enforced on a new pod.
      "sleep 3",
      `${reach("10.96.0.1", 443)} > api.txt`,
      `${reach("169.254.169.254", 80)} > metadata.txt`,
      `${reach(hostname, 10250)} > kubelet.txt`,
      `${reach(hostname, port)} > channel.txt`,
      "ls /var/run/secrets > account.txt 2>&1 || true",
      "(touch /etc/x || true) > root.txt 2>&1",
      "grep -E 'CapEff|NoNewPrivs|^Uid' /proc/self/status > rights.txt",
      "env > env.txt",
    ].join("; ");
    const { read } = await built(shell);
    expect(await read("api.txt")).toBe("closed\n");
    expect(await read("metadata.txt")).toBe("closed\n");
    expect(await read("kubelet.txt")).toBe("closed\n");
    expect(await read("channel.txt")).toBe("open\n");
    expect(await read("account.txt")).toContain("No such file");
    expect(await read("root.txt")).toContain("Read-only file system");
    expect(await read("rights.txt")).toMatch(/Uid:\s+1000\s[^]*CapEff:\s+0+\n[^]*NoNewPrivs:\s+1/);
    expect(await read("env.txt")).not.toMatch(/KUBERNETES_|TOKEN/);
  });

  it("lets another build of an app wait for its caches, and keeps them until the app is forgotten", async () => {
    const [first, second] = [makeSink(), makeSink()];
    const request = (a: string) => makeRequest({ a }, plan("cat a > b"), { app: "queue" });
    const results = await Promise.all([
      on.builder.build(request("1"), first, never),
      on.builder.build(request("2"), second, never),
    ]);
    expect(results.map(({ ok }) => ok)).toEqual([true, true]);
    const told = [first.told, second.told].map((lines) => lines.join("\n"));
    expect(told.filter((text) => text.includes("Waiting for another build of queue"))).toHaveLength(1);
    const claim = () =>
      on.cluster.get<KubeObject>({ ...claims, namespace: on.place.namespace, name: cacheName("queue") });
    expect(await claim()).not.toBe(null);
    await on.builder.pruneCache(Date.now() - 60_000);
    expect(await claim()).not.toBe(null);
    await on.builder.forget("queue");
    await expect.poll(claim, { timeout: 20_000 }).toBe(null);
  });

  it("needs no pod where dependencies are here and only the source has changed", async () => {
    const install = makeStep({
      name: "install",
      layer: "dependencies",
      inputs: ["lock"],
      command: { shell: "mkdir node_modules; cp lock node_modules/lock" },
    });
    const contents = { dependencies: ["node_modules"], app: "all" as const, support: [] };
    const installing = planFor(under as BuilderUnderTest, { tools: { node: "24" }, steps: [install], contents });
    const first = await build(under as BuilderUnderTest, installing, { lock: "1", "server.js": "1" });
    expect(first.told.join("\n")).toContain("A pod with node:24-slim");
    const second = await build(under as BuilderUnderTest, installing, { lock: "1", "server.js": "2" });
    expect(second.told.join("\n")).not.toContain("A pod with");
    expect(second.told).toContain("[dependencies] unchanged");
    expect(await second.read("node_modules/lock")).toBe("1");
    expect(await second.read("server.js")).toBe("2");
  });

  it("shows neither variables nor secrets nor what is printed to whoever may look at Jobs, pods, Secrets and logs", async () => {
    const values = { DECLARED: "declared-3141", TOKEN: "s3cr3t-2718" };
    const request = makeRequest({ a: "1" }, plan('echo "begun $DECLARED"; sleep 4'), {
      app: "discreet",
      env: { DECLARED: values.DECLARED },
      secrets: { TOKEN: values.TOKEN },
    });
    const sink = makeSink();
    const building = on.builder.build(request, sink, never);
    await expect.poll(() => sink.told, { timeout: 60_000 }).toContain("begun declared-3141");
    const options = { namespace: on.place.namespace, labels: "dev.berth/app=discreet" };
    const kinds = ["batch/v1 Job", "v1 Pod", "v1 Secret"].map((text) => text.split(" ") as [string, string]);
    const lists = kinds.map(([apiVersion, kind]) => on.cluster.list<KubeObject>({ apiVersion, kind }, options));
    const objects = (await Promise.all(lists)).flatMap(({ items }) => items);
    expect(objects).toHaveLength(3);
    const pod = objects.find(({ metadata }) => /^discreet-\w+-\w+$/.test(metadata.name))!;
    const ref = { apiVersion: "v1", kind: "Pod", namespace: on.place.namespace, name: pod.metadata.name };
    const logs = ["steps", "berth"].map(async (container) =>
      Buffer.concat(
        await Array.fromAsync((await on.cluster.podLogs(ref, { container, signal: never })) ?? []),
      ).toString(),
    );
    const shown = [...objects.map((object) => JSON.stringify(object)), ...(await Promise.all(logs))].join("\n");
    for (const value of Object.values(values)) {
      expect(shown).not.toContain(value);
      expect(shown).not.toContain(Buffer.from(value).toString("base64"));
    }
    expect((await building).ok).toBe(true);
  });

  it("says that its pod was removed by somebody", async () => {
    const sink = makeSink();
    const building = on.builder.build(makeRequest({ a: "1" }, plan("echo begun; sleep 600")), sink, never);
    building.catch(() => {});
    await expect.poll(() => sink.told, { timeout: 60_000 }).toContain("begun");
    const { namespace } = on.place;
    const jobs = await on.cluster.list<KubeObject>({ apiVersion: "batch/v1", kind: "Job" }, { namespace });
    const job = jobs.items.find(({ metadata }) => metadata.name.startsWith("shop-"));
    await on.cluster.remove({ apiVersion: "batch/v1", kind: "Job", namespace, name: job!.metadata.name });
    await expect(building).rejects.toThrow(/^The pod of the build (was removed|has .*)\.$/);
  });

  it("says that no image of Berth is set, and how one is made", async () => {
    const bare = await openOnCluster({ image: null });
    try {
      const failing = bare.builder.build(makeRequest({ a: "1" }, plan("true")), makeSink(), never);
      await expect(failing).rejects.toMatchObject({
        path: "BERTH_IMAGE",
        hint: expect.stringContaining("npm run image"),
      });
    } finally {
      await bare.dispose();
    }
  });

  it("says which image cannot be pulled, and why", async () => {
    const image = `localhost:5055/nobody/berth@sha256:${"0".repeat(64)}`;
    const broken = await openOnCluster({ image });
    try {
      const failing = broken.builder.build(makeRequest({ a: "1" }, plan("true")), makeSink(), never);
      await expect(failing).rejects.toThrow(`its image ${image} cannot be pulled: the registry does not have it`);
    } finally {
      await broken.dispose();
    }
  });

  it("says that the quota of builds is taken, and waits", async () => {
    const full = await openOnCluster({ quota: { pods: 1, cpuMillis: 50, memoryBytes: 2 ** 30 } });
    const leaving = new AbortController();
    try {
      const sink = makeSink();
      const waiting = full.builder.build(makeRequest({ a: "1" }, plan("true")), sink, leaving.signal);
      waiting.catch(() => {});
      const said =
        /^Waiting for the cluster to make the pod; of the quota of builds are taken: .*limits\.memory 0 of 1Gi/m;
      await expect.poll(() => sink.told.join("\n"), { timeout: 30_000 }).toMatch(said);
      leaving.abort(new Error("enough"));
      await expect(waiting).rejects.toThrow("enough");
    } finally {
      await full.dispose();
    }
  });

  it("refuses a Dockerfile and says what builds it", async () => {
    const failure = await buildFailure(
      under as BuilderUnderTest,
      planFor(under as BuilderUnderTest, { dockerfile: "Dockerfile" }),
      {
        Dockerfile: "FROM scratch",
      },
    );
    expect(failure.hint).toContain("BERTH_BUILDER=docker");
  });
}
