import { describe, expect, it } from "vitest";
import { type Asked, choose, type Chosen, urlOf } from "./choose.ts";

const image = `localhost:5055/berth/berth@sha256:${"a".repeat(64)}`;
const other = image.replace(/a+$/, "b".repeat(64));
const fresh = (asked: Asked = {}) => choose({ image, ...asked }, null);

describe("what is installed", () => {
  it("is by default reached at a port of nodes, by which they pull, too", () => {
    expect(fresh()).toEqual({
      image,
      domain: "localhost",
      namespacePrefix: "berth-",
      access: { kind: "node-port", port: 30_400 },
      registry: null,
      storage: { className: null, size: "10Gi" },
      url: null,
    });
    expect(urlOf(fresh())).toBe("http://localhost:30400");
  });

  it("has the host of its Ingress as its domain", () => {
    const chosen = fresh({ ingress: "apps.example.org" });
    expect(chosen).toMatchObject({
      domain: "apps.example.org",
      access: { kind: "ingress", host: "apps.example.org", className: null, tlsSecret: "berth-tls" },
    });
    expect(urlOf(chosen)).toBe("https://apps.example.org");
    const gateway = fresh({ ingress: "apps.example.org", gateway: "edge/public" });
    expect(gateway.access).toMatchObject({ kind: "gateway", gateway: { namespace: "edge", name: "public" } });
  });

  it("stays as it is in all that is not asked for", () => {
    const asked: Asked[] = [
      { nodePort: "31000", domain: "apps.example.org", url: "https://apps.example.org/", storageSize: "20Gi" },
      { ingress: "apps.example.org", ingressClass: "nginx", tlsSecret: "cert", namespacePrefix: "team-" },
      { ingress: "apps.example.org", gateway: "edge/public", registry: "registry.example.com/team" },
    ];
    for (const before of asked.map(fresh))
      expect(choose({ image: other }, before)).toEqual({ ...before, image: other });
  });

  it("goes from one way in to another, and back to Berth's own registry", () => {
    const before = fresh({ ingress: "apps.example.org", registry: "registry.example.com/team" });
    expect(choose({ nodePort: "31000" }, before).access).toEqual({ kind: "node-port", port: 31_000 });
    expect(choose({ registry: "none" }, before)).toEqual({ ...before, registry: null });
  });

  it.each<[Asked, Chosen | null, string]>([
    [{ image: undefined }, null, "which image of Berth is to run"],
    [{ image: "berth:latest" }, null, "does not name an image with its digest"],
    [{ nodePort: "http" }, null, "is no port"],
    [{ ingress: "apps.example.org", nodePort: "31000" }, null, "by an Ingress or by a port"],
    [{ ingress: "*.example.org" }, null, "is no name of a host"],
    [{ ingress: "apps.example.org", domain: "other.example.org" }, null, "its host is the domain"],
    [{ gateway: "edge/public" }, null, "which host it is for"],
    [{ ingress: "apps.example.org", gateway: "public" }, null, "is no Gateway"],
    [{ url: "apps.example.org" }, null, "is no address"],
    [{ storageSize: "lots" }, null, "is no size"],
    [{ storageSize: "20Gi" }, fresh(), "is there already, of 10Gi"],
  ])("refuses %j", (asked, before, why) => {
    expect(() => choose({ image, ...asked }, before)).toThrow(why);
  });
});
