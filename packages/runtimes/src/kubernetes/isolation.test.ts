import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { makeEnvironmentObjects, makeWorkloadObjects } from "./managed.ts";
import type { ClusterPlace } from "./model.ts";
import { namespaceName } from "./names.ts";
import { describeWithCluster, removeNamespaces } from "./testing/kubectl.ts";
import {
  addressOf,
  applyObjects,
  askAt,
  drawPrefix,
  makePod,
  makeSmallSample,
  makeTestPlace,
  runWorkload,
  skipUnless,
} from "./testing/on-cluster.ts";

const ports = { shop: { web: 30_001, api: 30_002 }, blog: { web: 30_011, api: 30_012 } };
const doors = [4000, ...Object.values(ports).flatMap(Object.values)];
const routerLabels = { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": "router" };

describeWithCluster(() => {
  const prefix = drawPrefix();
  const system = `${prefix}system`;
  const elsewhere = `${prefix}elsewhere`;
  const namespaces = [
    system,
    elsewhere,
    ...["shop", "blog"].map((app) => namespaceName(prefix, { app, environment: "production" })),
  ];
  let podsReachEachOther = false;
  let router = "";
  let impostor = "";
  let bystander = "";
  let shop = { web: "", api: "" };
  let blog = { web: "", api: "" };

  const reaches = async (from: string, url: string) => (await askAt(from, "/ask", { url })).ok;

  beforeAll(async () => {
    await applyObjects([
      ...[system, elsewhere].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
      makePod("router", system, doors, routerLabels),
      makePod("bystander", system, doors),
      makePod("impostor", elsewhere, doors, routerLabels),
    ]);
    [router, bystander, impostor] = await Promise.all([
      addressOf("router", system),
      addressOf("bystander", system),
      addressOf("impostor", elsewhere),
    ]);
    podsReachEachOther = await reaches(`${impostor}:4000`, `http://${bystander}:4000/`);
    const place = makeTestPlace(prefix, {
      kind: "inside",
      namespace: system,
      labels: routerLabels,
      server: { kind: "outside", addresses: ["198.18.0.1"] },
      addresses: [router],
      publicPorts: [4000],
    });
    [shop, blog] = await Promise.all([runApp("shop", place), runApp("blog", place)]);
    // A pod that a policy isolates may be open for a moment.
    await new Promise((resolve) => setTimeout(resolve, 3_000));
  });
  afterAll(() => removeNamespaces(...namespaces));

  beforeEach((context) => skipUnless(podsReachEachOther, context));

  test("routers reach instances", async () => {
    expect(await reaches(`${router}:4000`, `http://${shop.web}/`)).toBe(true);
    expect(await reaches(`${router}:4000`, `http://${blog.api}/`)).toBe(true);
  });

  test("another environment does not, nor who only looks like a router or only lives beside one", async () => {
    expect(await reaches(blog.web, `http://${shop.web}/`)).toBe(false);
    expect(await reaches(shop.api, `http://${blog.web}/`)).toBe(false);
    expect(await reaches(`${impostor}:4000`, `http://${shop.web}/`)).toBe(false);
    expect(await reaches(`${bystander}:4000`, `http://${shop.web}/`)).toBe(false);
  });

  test("an instance reaches the others of its environment, and by their names the routers", async () => {
    expect(await reaches(shop.web, `http://${shop.api}/`)).toBe(true);
    expect(await askAt(shop.web, "/ask", { url: "http://api/" })).toEqual({
      ok: true,
      value: '{"ok":true,"value":"router"}',
    });
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
    expect(await reaches(shop.web, `http://${name}:443/`)).toBe(false);
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
