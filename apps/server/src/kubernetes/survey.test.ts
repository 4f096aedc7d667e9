import { describe, expect, it } from "vitest";
import {
  findPlatform,
  findRanges,
  machineAddresses,
  nodeAddresses,
  type Node,
  type RunningPod,
  type ServiceRange,
  untoldText,
} from "./survey.ts";

const own = { os: "linux", architecture: "amd64", libc: "glibc" } as const;

function makeNode(name: string, pods: string[], architecture = "amd64", operatingSystem = "linux"): Node {
  const addresses = [
    { type: "InternalIP", address: `192.168.1.${name}` },
    { type: "Hostname", address: name },
  ];
  const status = { addresses, nodeInfo: { operatingSystem, architecture } };
  return { apiVersion: "v1", kind: "Node", metadata: { name }, spec: { podCIDRs: pods }, status };
}

function makePod(addresses: string[], hostNetwork = false): RunningPod {
  const podIPs = addresses.map((ip) => ({ ip }));
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "x" }, spec: { hostNetwork }, status: { podIPs } };
}

const services: ServiceRange[] = [
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "kubernetes" },
    spec: { cidrs: ["10.96.0.0/16"] },
  },
];
const nodes = [makeNode("1", ["10.244.0.0/24"]), makeNode("2", ["10.244.1.0/24", "fd12::/64"])];

describe("a cluster", () => {
  it("tells the ranges of its pods and services", () => {
    expect(findRanges({ nodes, pods: [], services }).ranges).toEqual([
      "10.244.0.0/24",
      "10.244.1.0/24",
      "10.96.0.0/16",
      "fd12::/64",
    ]);
  });

  it("tells the addresses of its machines, and where its API server is", () => {
    expect(nodeAddresses(nodes)).toEqual(["192.168.1.1", "192.168.1.2"]);
    const outside = makeNode("3", []);
    const addresses = [...outside.status!.addresses!, { type: "ExternalIP", address: "203.0.113.7" }];
    const slice = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", metadata: { name: "kubernetes" } };
    const endpoints = [{ addresses: ["192.168.1.1", "192.0.2.2"] }];
    const machines = machineAddresses([...nodes, { ...outside, status: { addresses } }], [{ ...slice, endpoints }]);
    expect(machines).toEqual(["192.0.2.2", "192.168.1.1", "192.168.1.2", "192.168.1.3", "203.0.113.7"]);
  });

  it("that does not tell them is taken to have all private ones, and that is said", () => {
    const untold = findRanges({ nodes: [makeNode("1", [])], pods: [], services });
    expect(untold.untold).toEqual(["pods"]);
    expect(untold.ranges).toEqual(["10.0.0.0/8", "10.96.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]);
    expect(findRanges({ nodes, pods: [], services: [] }).untold).toEqual(["services"]);
  });

  it("says where what it does not tell can be said: a registered one has options of its own", () => {
    expect(untoldText(["pods", "services"], null)).toMatch(
      /^The cluster does not .* its pods and services .*BERTH_CLUSTER_RANGES=/,
    );
    expect(untoldText(["pods"], "eu")).toMatch(/^The cluster eu does not tell .*--ranges 10\..* of berth clusters add/);
  });

  it("whose nodes do not tell the ranges of pods is taken to have those around pods that run", () => {
    const untold = [makeNode("1", [])];
    const pods = [makePod(["10.244.3.9", "fd12:0:0:7::9"]), makePod(["10.244.0.2"]), makePod(["192.168.1.1"], true)];
    const { ranges } = findRanges({ nodes: untold, pods, services });
    expect(ranges).toEqual(["10.244.0.0/16", "10.96.0.0/16", "fd12:0:0:7::/64"]);
  });

  it("runs images of its nodes' kind, and of this machine's where it has several", () => {
    expect(findPlatform([makeNode("1", [], "arm64")], own)).toEqual({ os: "linux", architecture: "arm64", libc: null });
    expect(findPlatform([makeNode("1", [], "arm64"), makeNode("2", [])], own).architecture).toBe("amd64");
    expect(() => findPlatform([makeNode("1", [], "amd64", "windows")], own)).toThrow("no node with Linux");
  });
});
