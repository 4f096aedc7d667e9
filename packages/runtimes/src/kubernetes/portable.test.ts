import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEnvironmentObjects } from "./managed.ts";
import { namespaceName, workloadName } from "./names.ts";
import { renderPortable } from "./render-portable.ts";
import { describeWithCluster, kubectl, removeNamespaces, tryKubectl } from "./testing/kubectl.ts";
import {
  applyObjects,
  askAt,
  drawPrefix,
  makeSmallSample,
  makeTestPlace,
  skipUnless,
  tryPods,
  versionsIn,
} from "./testing/on-cluster.ts";

describeWithCluster(() => {
  const place = makeTestPlace(drawPrefix(), { kind: "outside", addresses: ["198.18.0.1"], publicPorts: [4000] });
  const used: string[] = [];
  const addresses: string[] = [];
  let podsReachEachOther = false;

  beforeAll(async () => {
    const elsewhere = `${place.namespacePrefix}elsewhere`;
    used.push(elsewhere);
    podsReachEachOther = await tryPods(elsewhere);
  });
  afterAll(() => removeNamespaces(...used));

  test.for([
    ["a namespace of its own", "fresh", false],
    ["the namespace that Berth has left", "left", true],
  ] as const)(
    "the portable rendering serves in %s, and applying it again changes nothing",
    async ([, environment, isLeft]) => {
      const scope = { app: "shop", environment };
      const namespace = namespaceName(place.namespacePrefix, scope);
      used.push(namespace);
      const neighbours = { web: "http://web", api: "http://api" };
      const web = makeSmallSample({ environment, neighbours });
      const api = makeSmallSample({
        environment,
        neighbours,
        name: "api",
        resources: { cpuMillis: 100, memoryBytes: 2 ** 27 },
      });
      const services = [
        { ...web, routes: ["/"], scale: { min: 0, max: 1, idleMs: 1 } },
        { ...api, routes: [], scale: { min: 1, max: 3, idleMs: 10_000, cpuPercent: 70 } },
      ];
      if (isLeft)
        await applyObjects(makeEnvironmentObjects({ scope, neighbourPorts: { web: 30_001, api: 30_002 } }, place));
      const yaml = renderPortable({ scope, host: "shop.example.org", ingressClass: null, services }, place);

      await kubectl(["apply", "-f", "-"], yaml);
      for (const { workload } of services) {
        // As the file says.
        const literals = Object.entries(workload.env).map(([name, value]) => `--from-literal=${name}=${value}`);
        await kubectl(["-n", namespace, "create", "secret", "generic", workloadName(workload), ...literals]);
      }
      for (const { workload } of services)
        await kubectl(["-n", namespace, "rollout", "status", `deployment/${workloadName(workload)}`, "--timeout=80s"]);

      const address = await kubectl(["-n", namespace, "get", "service", "web", "-o", "jsonpath={.spec.clusterIP}"]);
      addresses.push(address);
      await expect.poll(() => askAt(address, "/").catch(() => null), { timeout: 20_000 }).not.toBeNull();
      for (let time = 0; time < 10; time++) expect(await askAt(address, "/")).toEqual({ ok: true, value: "shop" });
      // kubectl calls a budget, and a slice without endpoints, configured each time; what counts is what the API server has then.
      const before = await versionsIn(namespace);
      expect(await tryKubectl(["diff", "-f", "-"], yaml)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
      await kubectl(["apply", "-f", "-"], yaml);
      expect(await versionsIn(namespace)).toEqual(before);
    },
  );

  test("there a service reaches its neighbour by its name", async (context) => {
    skipUnless(podsReachEachOther, context);
    expect(addresses).toHaveLength(2);
    for (const address of addresses)
      expect(await askAt(address, "/ask", { url: "http://api/" })).toEqual({
        ok: true,
        value: '{"ok":true,"value":"shop"}',
      });
  });
});
