import { describe, expect, it } from "vitest";
import { knownResource, resourceText } from "./kinds.ts";
import type { Resource } from "./kinds.ts";
import { resourcePath, withQuery } from "./paths.ts";

function resourceOf(apiVersion: string, kind: string): Resource {
  const resource = knownResource({ apiVersion, kind });
  if (resource === null) throw new Error(`no ${kind}`);
  return resource;
}

describe("resourcePath", () => {
  it("puts the first kinds below /api and all others below /apis", () => {
    expect(resourcePath(resourceOf("v1", "Pod"), { namespace: "shop", name: "web" })).toBe(
      "/api/v1/namespaces/shop/pods/web",
    );
    expect(
      resourcePath(resourceOf("apps/v1", "Deployment"), { namespace: "shop", name: "web", subresource: "scale" }),
    ).toBe("/apis/apps/v1/namespaces/shop/deployments/web/scale");
  });

  it("names all namespaces by naming none, and ignores one where a kind has none", () => {
    expect(resourcePath(resourceOf("v1", "Pod"), { namespace: null })).toBe("/api/v1/pods");
    expect(resourcePath(resourceOf("v1", "Node"), { namespace: "shop", name: "node1" })).toBe("/api/v1/nodes/node1");
  });

  it("does not let a name reach another path", () => {
    expect(resourcePath(resourceOf("v1", "Secret"), { namespace: "a", name: "../../b" })).toBe(
      "/api/v1/namespaces/a/secrets/..%2F..%2Fb",
    );
  });
});

describe("withQuery", () => {
  it("leaves out what is not said and repeats lists", () => {
    expect(withQuery("/x", { a: undefined, b: false })).toBe("/x");
    expect(withQuery("/x?y=1", { command: ["ls", "-l"], force: true })).toBe("/x?y=1&command=ls&command=-l&force=true");
  });
});

describe("resourceText", () => {
  it("writes a resource as kubectl does", () => {
    expect(resourceText(resourceOf("apps/v1", "Deployment"), "scale")).toBe("deployments/scale.apps");
    expect(resourceText(resourceOf("v1", "Pod"))).toBe("pods");
  });
});
