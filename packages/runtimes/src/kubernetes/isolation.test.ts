import type { KubeObject } from "@berth/cluster";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeEnvironmentObjects, makeWorkloadObjects } from "./managed.ts";
import type { ClusterPlace } from "./model.ts";
import { namespaceName } from "./names.ts";
import { describeWithCluster, kubectl, removeNamespaces } from "./testing/kubectl.ts";
import {
  applyObjects,
  askAt,
  drawPrefix,
  makeSmallSample,
  makeTestPlace,
  program,
  runWorkload,
  smallImage,
} from "./testing/on-cluster.ts";

const ports = { shop: { web: 30_001, api: 30_002 }, blog: { web: 30_011, api: 30_012 } };
const routerLabels = { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": "router" };

describeWithCluster(() => {
  const prefix = drawPrefix();
  const system = `${prefix}system`;
  const elsewhere = `${prefix}elsewhere`;
  const namespaces = [system, elsewhere, ...["shop", "blog"].map((app) => namespaceName(prefix, { app, environment: "production" }))];
  let router = "";
  let impostor = "";
  let bystander = "";
  let shop = { web: "", api: "" };
  let blog = { web: "", api: "" };

  beforeAll(async () => {
    await applyObjects([
      ...[system, elsewhere].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      makePod("router", system, routerLabels),
      makePod("bystander", system, {}),
      makePod("impostor", elsewhere, routerLabels),
    ]);
    [router, bystander, impostor] = await Promise.all([
      addressOf("router", system),
      addressOf("bystander", system),
      addressOf("impostor", elsewhere),
    ]);
    const place = makeTestPlace(prefix, {
      kind: "inside",
      namespace: system,
      labels: routerLabels,
      addresses: [router],
      publicPorts: [4000],
    });
    [shop, blog] = await Promise.all([runApp("shop", place), runApp("blog", place)]);
    // A pod that a policy isolates may be open for a moment.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  });
  afterAll(() => removeNamespaces(...namespaces));

  const reaches = async (from: string, url: string) => (await askAt(from, "/ask", { url })).ok;

  test("routers reach instances", async () => {
    expect(await reaches(`${router}:4000`, `http://${shop.web}/`)).toBe(true);
    expect(await reaches(`${router}:4000`, `http://${blog.api}/`)).toBe(true);
  });

  test("another environment does not, nor who only looks like a router or only lives beside one", async () => {
    expect(await reaches(blog.web, `http://${shop.web}/`)).toBe(false);
    expect(await reaches(shop.api, `http://${blog.web}/`)).toBe(false);
    expect(await reaches(`${impostor}:4000`, `http://${shop.web}/`)).toBe(false);
    expect(await reaches(`${bystander}:4000`, `http://${shop.web}/`)).toBe(false);
    // They do reach what is open to them.
    expect(await reaches(`${impostor}:4000`, `http://${bystander}:4000/`)).toBe(true);
  });

  test("an instance reaches the others of its environment, and by their names the routers", async () => {
    expect(await reaches(shop.web, `http://${shop.api}/`)).toBe(true);
    expect(await askAt(shop.web, "/ask", { url: "http://api/" })).toEqual({ ok: true, value: '{"ok":true,"value":"router"}' });
  });

  test("by a router's other ports it does not get to other environments", async () => {
    expect(await reaches(shop.web, `http://${router}:${ports.shop.api}/`)).toBe(true);
    expect(await reaches(shop.web, `http://${router}:${ports.blog.web}/`)).toBe(false);
    expect(await reaches(shop.web, `http://${router}:4000/`)).toBe(true);
  });

  test("it resolves names and reaches neither pods elsewhere nor the API server", async () => {
    const name = "kubernetes.default.svc.cluster.local";
    expect(await askAt(shop.web, "/resolve", { name })).toMatchObject({ ok: true });
    expect(await reaches(shop.web, `http://${bystander}:4000/`)).toBe(false);
    const { value } = await askAt(shop.web, "/ask", { url: `https://${name}/` });
    expect(String(value)).toMatch(/timeout|aborted|refused/i);
  });

  async function runApp(app: "shop" | "blog", place: ClusterPlace) {
    const scope = { app, environment: "production" };
    const namespace = namespaceName(prefix, scope);
    const neighbours = { web: "http://web", api: "http://api" };
    const models = ["web", "api"].map((name) => makeSmallSample({ app, name, neighbours }));
    await applyObjects([
      ...makeEnvironmentObjects({ scope, neighbourPorts: ports[app] }, place),
      ...models.flatMap((model) => makeWorkloadObjects(model, place)),
    ]);
    const [web, api] = await Promise.all(models.map((model) => runWorkload(model, namespace, 1)));
    return { web: `${web![0]}:8080`, api: `${api![0]}:8080` };
  }
});

function makePod(name: string, namespace: string, labels: Record<string, string>): KubeObject {
  const all = [4000, ...Object.values(ports).flatMap(Object.values)].join(",");
  const env = [{ name: "PORTS", value: all }];
  const containers = [{ name: "app", image: smallImage, command: ["node", "-e", program], env }];
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec: { containers } };
  return pod;
}

async function addressOf(name: string, namespace: string): Promise<string> {
  await kubectl(["-n", namespace, "wait", `pod/${name}`, "--for=condition=Ready", "--timeout=80s"]);
  return await kubectl(["-n", namespace, "get", "pod", name, "-o", "jsonpath={.status.podIP}"]);
}
