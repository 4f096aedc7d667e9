import { BlockList, isIPv6 } from "node:net";

/** Tells whether an address is in one of these ranges (`10.0.0.0/8`, `fd00::/8`, or an address alone). */
export function makeRanges(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = "", prefix = isIPv6(network) ? "128" : "32"] = range.split("/");
    list.addSubnet(network, Number(prefix), isIPv6(network) ? "ipv6" : "ipv4");
  }
  return (address) => list.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}
