import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEnvironmentObjects, makeWorkloadObjects } from "./managed.ts";
import { namespaceName, workloadName } from "./names.ts";
import { describeWithCluster, kubectl, removeNamespaces } from "./testing/kubectl.ts";
import {
  applyObjects,
  askAt,
  drawPrefix,
  makeSmallSample,
  makeTestPlace,
  runWorkload,
  versionsIn,
} from "./testing/on-cluster.ts";

describeWithCluster(() => {
  const place = makeTestPlace(drawPrefix(), { kind: "outside", addresses: ["198.18.0.1"], publicPorts: [4000] });
  const scope = { app: "shop", environment: "production" };
  const namespace = namespaceName(place.namespacePrefix, scope);
  const model = makeSmallSample({
    env: { LOG_LEVEL: "a $ecret" },
    model: {
      writable: [
        { path: "/etc/skel", hasContent: true },
        { path: "/app/cache", hasContent: false },
      ],
    },
  });
  const objects = [
    ...makeEnvironmentObjects({ scope, neighbourPorts: { web: 30_001 } }, place),
    ...makeWorkloadObjects(model, place),
  ];
  let addresses: string[] = [];

  beforeAll(async () => {
    await applyObjects(objects);
    addresses = await runWorkload(model, namespace, 2);
  });
  afterAll(() => removeNamespaces(namespace));

  test("instances run as restricted pods and answer at their own addresses", async () => {
    expect(addresses).toHaveLength(2);
    for (const address of addresses) {
      const { value } = await askAt(`${address}:8080`, "/identity");
      expect(value).toMatchObject({ uid: 1_000, gid: 1_000, env: { BERTH_APP: "shop", PORT: "8080", HOME: "/tmp" } });
    }
  });

  test("variables in a command are filled in, and what only looks like one is not", async () => {
    const { value } = await askAt(`${addresses[0]}:8080`, "/identity");
    expect(value).toMatchObject({ args: ["level=a $ecret", "$(PORT)", "shell=/usr/local/bin:/usr/bin:/bin"] });
  });

  test("they may write in /tmp and writable folders, which begin with what the image has in them, and nowhere else", async () => {
    const at = `${addresses[0]}:8080`;
    expect(await askAt(at, "/files", { path: "/etc/skel" })).toMatchObject({
      value: expect.arrayContaining([".bashrc"]),
    });
    for (const path of ["/etc/skel/x", "/app/cache/x", "/tmp/x"])
      expect({ path, ...(await askAt(at, "/write", { path })) }).toMatchObject({ ok: true });
    expect(await askAt(at, "/write", { path: "/usr/x" })).toMatchObject({
      ok: false,
      value: expect.stringContaining("EROFS"),
    });
  });

  test("applying it again changes nothing, and leaves the number of instances to who has set it", async () => {
    const before = await versionsIn(namespace);
    await applyObjects(objects);
    expect(await versionsIn(namespace)).toEqual(before);
    const replicas = [
      "-n",
      namespace,
      "get",
      "deployment",
      workloadName(model.workload),
      "-o",
      "jsonpath={.spec.replicas}",
    ];
    expect(await kubectl(replicas)).toBe("2");
  });
});
