import { type BerthError, toBerthError } from "@berth/core";
import { describe, expect, it } from "vitest";
import { readSettings, routerSettings } from "./read-settings.ts";

function errorOf(act: () => unknown): BerthError {
  try {
    act();
  } catch (error) {
    return toBerthError(error);
  }
  throw new Error("it did not fail");
}

describe("readSettings", () => {
  it("has a default for everything", () => {
    expect(readSettings({})).toMatchObject({
      port: 4000,
      listen: "127.0.0.1",
      domain: "localhost",
      runtime: "process",
      builder: "host",
      layers: "gzip",
      mirrors: "",
      registry: null,
      pullLogin: null,
      subnets: "10.201.0.0/16",
      publicUrl: null,
      cluster: {
        context: null,
        namespacePrefix: "berth-",
        routerAddresses: null,
        ranges: null,
        quota: { pods: 50, cpuMillis: 16_000, memoryBytes: 32 * 2 ** 30 },
      },
      role: "all",
      server: null,
      routerToken: null,
      configKeyCommand: null,
      logLevel: "warn",
    });
  });

  it("takes an empty variable for one that is not there", () => {
    expect(readSettings({ BERTH_PORT: "" }).port).toBe(4000);
  });

  it("reads what is given", () => {
    const settings = readSettings({
      BERTH_HOME: "/srv/berth/",
      BERTH_PORT: "0",
      BERTH_DOMAIN: "Apps.Example.org",
      BERTH_LISTEN: "::",
    });
    expect(settings).toMatchObject({ home: "/srv/berth", port: 0, domain: "apps.example.org", listen: "::" });
  });

  it("reads what clients may take, and whom of those in front is believed", () => {
    const { edge, accessLog } = readSettings({
      BERTH_LIMITS: "connections=1000, headers=32Ki,header-timeout=10s",
      BERTH_BODY_LIMITS: "shop=10Mi,*=1Gi",
      BERTH_TRUSTED_PROXIES: "10.0.0.0/8, fd00::/8",
      BERTH_PROXY_PROTOCOL: "on",
      BERTH_ACCESS_LOG: "/var/log/berth.log",
    });
    const bodyBytes = new Map([
      ["shop", 10 * 2 ** 20],
      ["*", 2 ** 30],
    ]);
    expect(edge).toEqual({
      limits: { connections: 1_000, headerBytes: 32_768, headersMs: 10_000, bodyBytes },
      trustedProxies: ["10.0.0.0/8", "fd00::/8"],
      proxyProtocol: true,
    });
    expect(accessLog).toBe("/var/log/berth.log");
    expect(readSettings({ BERTH_ACCESS_LOG: "stdout" }).accessLog).toBe("stdout");
    expect(readSettings({})).toMatchObject({
      edge: { limits: {}, trustedProxies: [], proxyProtocol: false },
      accessLog: null,
    });
  });

  it.each([
    ["BERTH_LIMITS", "connections"],
    ["BERTH_LIMITS", "connections=many"],
    ["BERTH_LIMITS", "header-timeout=10ms"],
    ["BERTH_LIMITS", "constructor=1"],
    ["BERTH_BODY_LIMITS", "shop=large"],
    ["BERTH_TRUSTED_PROXIES", "proxy.example.org"],
  ])("tells of %s=%s what it should be", (name, value) => {
    expect(errorOf(() => readSettings({ [name]: value }))).toMatchObject({ code: "settings.invalid", path: name });
  });

  it("reads how a cluster is used", () => {
    const { cluster, pullLogin, builder } = readSettings({
      BERTH_RUNTIME: "kubernetes",
      BERTH_CONTEXT: "staging",
      BERTH_NAMESPACE_PREFIX: "team-",
      BERTH_ROUTER_ADDRESSES: "192.168.1.4, fd12::4",
      BERTH_CLUSTER_RANGES: "10.244.0.0/16,192.168.1.7,fd12::/48",
      BERTH_ROUTER_PODS: "berth-system/app.kubernetes.io/name=berth, app.kubernetes.io/component=router",
      BERTH_QUOTA: "pods=8,memory=4Gi",
      BERTH_PULL_LOGIN: "reader:a:b",
    });
    expect(cluster).toEqual({
      context: "staging",
      namespacePrefix: "team-",
      routerAddresses: ["192.168.1.4", "fd12::4"],
      ranges: ["10.244.0.0/16", "192.168.1.7", "fd12::/48"],
      routerPods: {
        namespace: "berth-system",
        labels: { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": "router" },
      },
      quota: { pods: 8, cpuMillis: 16_000, memoryBytes: 4 * 2 ** 30 },
    });
    expect(pullLogin).toEqual({ username: "reader", password: "a:b" });
    expect(builder).toBe("host");
  });

  it("builds where apps run, unless it is told", () => {
    expect(readSettings({ BERTH_RUNTIME: "docker" }).builder).toBe("docker");
    expect(readSettings({ BERTH_RUNTIME: "docker", BERTH_BUILDER: "host" }).builder).toBe("host");
    expect(readSettings({ BERTH_BUILDER: "docker" })).toMatchObject({ runtime: "process", builder: "docker" });
  });

  it.each([
    ["BERTH_RUNTIME", "podman"],
    ["BERTH_BUILDER", "cloud"],
    ["BERTH_LAYERS", "brotli"],
    ["BERTH_SUBNETS", "10.201.0.0"],
    ["BERTH_NAMESPACE_PREFIX", "Team-"],
    ["BERTH_NAMESPACE_PREFIX", "team"],
    ["BERTH_ROUTER_ADDRESSES", "router.example.org"],
    ["BERTH_CLUSTER_RANGES", "10.244.0.0/16,"],
    ["BERTH_ROUTER_PODS", "berth-system"],
    ["BERTH_ROUTER_PODS", "berth-system/tier!=app"],
    ["BERTH_ROUTER_PODS", "Berth/tier=router"],
    ["BERTH_ROUTER_PODS", "berth-system/tier=router,"],
    ["BERTH_NEIGHBOURS", "pods"],
    ["BERTH_QUOTA", "pods=many"],
    ["BERTH_QUOTA", "disks=3"],
    ["BERTH_PULL_LOGIN", "reader"],
    ["BERTH_PORT", "http"],
    ["BERTH_PORT", "70000"],
    ["BERTH_LISTEN", "everywhere"],
    ["BERTH_DOMAIN", "no spaces"],
    ["BERTH_DOMAIN", "http://x"],
    ["BERTH_ROLE", "captain"],
    ["BERTH_URL", "apps.example.org"],
    ["BERTH_SERVER", "https://10.0.0.5"],
    ["BERTH_LOG", "loud"],
  ])("refuses %s=%s and says what it is for", (name, value) => {
    const error = errorOf(() => readSettings({ [name]: value }));
    expect(error).toMatchObject({ code: "settings.invalid", path: name });
    expect(error.details[0]).toContain(`${name}=${JSON.stringify(value)}: it is `);
  });

  it("does not show a token that is too short", () => {
    const error = errorOf(() => readSettings({ BERTH_ROUTER_TOKEN: "hunter2" }));
    expect(error.details[0]).not.toContain("hunter2");
  });

  it("names what a router lacks", () => {
    const given = { BERTH_ROLE: "router", BERTH_SERVER: "http://10.0.0.5:4000" };
    expect(errorOf(() => routerSettings(readSettings(given))).path).toBe("BERTH_ROUTER_TOKEN");
    const settings = readSettings({ ...given, BERTH_ROUTER_TOKEN: "t".repeat(32) });
    expect(routerSettings(settings)).toMatchObject({ server: "http://10.0.0.5:4000", routerToken: "t".repeat(32) });
  });

  it("names all that is wrong at once", () => {
    expect(() => readSettings({ BERTH_PORT: "x", BERTH_LOG: "y" })).toThrow("BERTH_PORT and BERTH_LOG cannot be used.");
  });
});
