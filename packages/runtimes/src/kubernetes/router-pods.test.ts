import type { KubeObject } from "@berth/cluster";
import type { IdentifiedWorkload } from "@berth/core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { appFolder, makeTestWorkload, until } from "../conformance/helpers.ts";
import { applyObjects, makePod } from "./testing/on-cluster.ts";
import { describeWithCluster, kubectl, removeNamespaces } from "./testing/kubectl.ts";
import { openKubernetesRuntime, type KubernetesUnderTest } from "./testing/open-for-test.ts";

const labels = { "app.kubernetes.io/component": "router" };

/** A router that is about to end goes on for a while. */
const servesOn = { preStop: { sleep: { seconds: 6 } } };

/** The EndpointSlices of neighbours follow the pods that are routers. */
describeWithCluster(() => {
  const system = `trp${process.pid}-system`;
  let test: KubernetesUnderTest;
  let workload: IdentifiedWorkload;

  beforeAll(async () => {
    await applyObjects([{ apiVersion: "v1", kind: "Namespace", metadata: { name: system } }]);
    const server = { kind: "outside", addresses: ["198.18.0.1"] } as const;
    test = await openKubernetesRuntime(
      { neighbourPorts: async () => ({ api: 30_001 }), namespaceLingerMs: 60_000 },
      { routers: { kind: "inside", namespace: system, labels, server, addresses: [], publicPorts: [4000] } },
    );
    workload = makeTestWorkload(await test.makeImage(appFolder), "server.mjs");
    await test.runtime.ensure(workload);
  });
  afterAll(async () => {
    await test?.dispose();
    await removeNamespaces(system);
  });

  const slice = (path: string) =>
    kubectl(["-n", test.namespaceOf(workload), "get", "endpointslice", "api-routers-ipv4", "-o", `jsonpath=${path}`]);
  const named = async () => (await slice("{.endpoints[*].addresses[0]}")).split(" ").filter(Boolean);
  const generation = async () => Number(await slice("{.metadata.generation}"));

  /** Adds a pod that is ready, and returns its address. */
  async function add(name: string): Promise<string> {
    const pod = makePod(name, system, [4000], labels);
    const containers = pod.spec.containers.map((container) => ({ ...container, lifecycle: servesOn }));
    const router: KubeObject & { spec: object } = { ...pod, spec: { containers } };
    await applyObjects([router]);
    return await until(`${name} has an address`, async () => {
      const address = await kubectl(["-n", system, "get", "pod", name, "-o", "jsonpath={.status.podIP}"]);
      return (await named()).includes(address) ? address : null;
    });
  }

  const remove = (name: string, graceSeconds = 7) =>
    kubectl(["-n", system, "delete", "pod", name, `--grace-period=${graceSeconds}`, "--wait=false"]);
  const untilNamed = (...addresses: string[]) =>
    until(`${addresses.join()} and no others are named`, async () => (await named()).join() === addresses.join());

  it("names none while there is none, and then each that comes", async () => {
    expect(await named()).toEqual([]);
    const addresses = [await add("one"), await add("two")].toSorted();
    await untilNamed(...addresses);
  });

  it("takes one out that is about to end, while it still runs, by one write", async () => {
    const [before, written] = [await named(), await generation()];
    await remove("one");
    await until("one is out", async () => (await named()).length === 1);
    expect(before).toEqual(expect.arrayContaining(await named()));
    expect(await kubectl(["-n", system, "get", "pod", "one", "-o", "jsonpath={.status.phase}"])).toBe("Running");
    expect(await generation()).toBe(written + 1);
  });

  it("keeps the last one in as long as it runs", async () => {
    const last = await named();
    await remove("two");
    await kubectl(["-n", system, "wait", "pod/two", "--for=jsonpath={.metadata.deletionTimestamp}", "--timeout=5s"]);
    // The one before it may not have ended yet, and serves as well as any.
    expect(await named()).toEqual(expect.arrayContaining(last));
    await untilNamed();
  });

  it("follows however often they change, and takes none of that for a change by hand", async () => {
    for (const name of ["three", "four", "five", "six"]) {
      const address = await add(name);
      await untilNamed(address);
      await remove(name, 1);
      await untilNamed();
    }
    expect(test.runtime.drift!(workload)).toEqual([]);
  });

  it("puts back who is named when somebody changes it by hand, and tells of it", async () => {
    const address = await add("seven");
    await untilNamed(address);
    const patch = [{ op: "replace", path: "/endpoints/0/addresses/0", value: "10.9.9.9" }];
    await kubectl([
      "-n",
      test.namespaceOf(workload),
      "patch",
      "endpointslice",
      "api-routers-ipv4",
      "--type=json",
      "-p",
      JSON.stringify(patch),
    ]);
    await until("it is told", () => test.runtime.drift!(workload).some(({ object }) => object.includes("api-routers")));
    await untilNamed(address);
    expect(await named()).toEqual([address]);
  });
});
