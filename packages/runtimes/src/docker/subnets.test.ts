import { describe, expect, it } from "vitest";
import { allocateSubnet, gatewayOf, overlaps, parseRoutes, parseSubnet, parseSubnets, subnetText } from "./subnets.ts";

const subnet = (text: string) => parseSubnet(text)!;

describe("subnets", () => {
  it("are read and written", () => {
    expect(parseSubnets("10.201.0.0/16, 192.168.7.0/24").map(subnetText)).toEqual(["10.201.0.0/16", "192.168.7.0/24"]);
    expect(gatewayOf(subnet("10.201.3.64/26"))).toBe("10.201.3.65");
    expect(["10.201.0.1/16", "10.201.0.0", "10.300.0.0/16", "::/64", "10.0.0.0/33"].map(parseSubnet)).toEqual(
      Array.from({ length: 5 }, () => null),
    );
  });

  it.each(["", "ten", "10.0.0.1/16"])("%j is refused, with what to write", (text) => {
    expect(() => parseSubnets(text)).toThrow(/is no range of IPv4 addresses/);
  });

  it("are refused where not one environment fits", () => {
    expect(() => parseSubnets("10.0.0.0/27")).toThrow(/too small/);
  });

  it("overlap where one is in the other", () => {
    expect(overlaps(subnet("10.0.0.0/8"), subnet("10.201.0.64/26"))).toBe(true);
    expect(overlaps(subnet("10.201.0.0/26"), subnet("10.201.0.64/26"))).toBe(false);
    expect(overlaps(subnet("128.0.0.0/1"), subnet("192.168.0.0/16"))).toBe(true);
  });

  it("are given out until none is left, none twice, and around what is taken", () => {
    const ranges = parseSubnets("10.201.0.0/20");
    const taken = [subnet("10.201.4.0/22"), subnet("10.201.0.64/26")];
    const given = new Set<string>();
    for (let count = 0; count < 64 - 16 - 1; count += 1) {
      const next = allocateSubnet(ranges, taken, 4_000_000_000);
      expect(taken.some((other) => overlaps(next, other))).toBe(false);
      given.add(subnetText(next));
      taken.push(next);
    }
    expect(given.size).toBe(47);
    expect(() => allocateSubnet(ranges, taken, 0)).toThrow("All 64 networks for environments are taken.");
  });

  it("go on in the next range", () => {
    const ranges = parseSubnets("10.201.0.0/26,10.202.0.0/25");
    expect([0, 1, 2].map((start) => subnetText(allocateSubnet(ranges, [], start)))).toEqual([
      "10.201.0.0/26",
      "10.202.0.0/26",
      "10.202.0.64/26",
    ]);
  });
});

describe("parseRoutes", () => {
  it("reads the kernel's table, without the way to everywhere", () => {
    const table = [
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
      "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
      "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
      "br-1\t4000C90A\t00000000\t0001\t0\t0\t0\tC0FFFFFF\t0\t0\t0",
    ].join("\n");
    expect(parseRoutes(table).map(subnetText)).toEqual(["172.17.0.0/16", "10.201.0.64/26"]);
  });
});
