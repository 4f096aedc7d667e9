import { isIPv6 } from "node:net";

export type Family = "IPv4" | "IPv6";

/** Of an address or a range. */
export function familyOf(address: string): Family {
  return isIPv6(address.split("/")[0] ?? "") ? "IPv6" : "IPv4";
}

/** The range that holds one address alone. */
export function rangeOf(address: string): string {
  if (address.includes("/")) return address;
  return familyOf(address) === "IPv6" ? `${address}/128` : `${address}/32`;
}
