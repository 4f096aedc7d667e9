import { describe, expect, it } from "vitest";
import type { KubeObject } from "./object.ts";
import { openAnswering, say } from "./testing/answering-server.ts";

const kind = { apiVersion: "v1", kind: "Pod" };

function page(names: string[], next?: string): object {
  const items = names.map((name) => ({ metadata: { name, namespace: "shop" } }));
  return { kind: "PodList", metadata: { resourceVersion: "7", ...(next !== undefined && { continue: next }) }, items };
}

describe("list", () => {
  it("asks for page after page", async () => {
    const asked: (string | undefined)[] = [];
    const { cluster } = await openAnswering(({ url }, response) => {
      asked.push(url);
      say(response, 200, url?.includes("continue") === true ? page(["c"]) : page(["a", "b"], "next+1"));
    });
    const { items, resourceVersion } = await cluster.list(kind, { namespace: "shop", labels: "app=web" });
    expect(items.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
      ["Pod", "a"],
      ["Pod", "b"],
      ["Pod", "c"],
    ]);
    expect(resourceVersion).toBe("7");
    const first = "/api/v1/namespaces/shop/pods?labelSelector=app%3Dweb&limit=500";
    expect(asked).toEqual([first, `${first}&continue=next%2B1`]);
  });

  it("asks for all at once where the next page is known no more", async () => {
    const asked: (string | undefined)[] = [];
    const { cluster } = await openAnswering(({ url = "" }, response) => {
      asked.push(url);
      if (url.includes("continue")) say(response, 410, { code: 410, reason: "Expired", message: "too old" });
      else say(response, 200, url.includes("limit") ? page(["a"], "next") : page(["a", "b"]));
    });
    const { items } = await cluster.list(kind);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(["a", "b"]);
    expect(asked).toEqual(["/api/v1/pods?limit=500", "/api/v1/pods?limit=500&continue=next", "/api/v1/pods"]);
  });

  it("keeps in an informer only what is kept", async () => {
    const { cluster } = await openAnswering(({ url = "" }, response) => {
      if (!url.includes("watch")) return say(response, 200, page(["a"]));
      const object = { ...kind, metadata: { name: "b", namespace: "shop", managedFields: [{}], resourceVersion: "8" } };
      response.writeHead(200).write(`${JSON.stringify({ type: "ADDED", object })}\n`);
    });
    const keep = ({ apiVersion, kind, metadata: { managedFields: _managed, ...metadata } }: KubeObject) => ({
      apiVersion,
      kind,
      metadata,
    });
    const informer = cluster.inform(kind, { keep });
    await expect.poll(() => informer.list()).toHaveLength(2);
    expect(informer.get("shop", "b")).toEqual({
      ...kind,
      metadata: { name: "b", namespace: "shop", resourceVersion: "8" },
    });
  });
});
