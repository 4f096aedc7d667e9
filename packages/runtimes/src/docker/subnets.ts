import { BerthError } from "@berth/core";

/** A range of IPv4 addresses: its first as a number, and how many of its bits name it. */
export interface Subnet {
  first: number;
  prefix: number;
}

/** 64 addresses: the network's own, its last, the gateway, and 61 instances. */
export const environmentPrefix = 26;

export const defaultSubnets = "10.201.0.0/16";

/** Reads `10.201.0.0/16`, or several with commas. Throws `settings.invalid`. */
export function parseSubnets(text: string): Subnet[] {
  return text.split(",").map((part) => {
    const subnet = parseSubnet(part.trim());
    if (subnet !== null && subnet.prefix <= environmentPrefix) return subnet;
    const what = subnet === null ? "is no range of IPv4 addresses" : "is too small for the network of one environment";
    throw new BerthError("settings.invalid", `${JSON.stringify(part.trim())} ${what}.`, {
      path: "BERTH_SUBNETS",
      hint: `Write a private range of /${environmentPrefix} or wider that nothing else uses, such as ${defaultSubnets}.`,
    });
  });
}

/** Null for what is none, or not a range's first address. */
export function parseSubnet(text: string): Subnet | null {
  const [, address = "", bits = ""] = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text) ?? [];
  const parts = address.split(".").map(Number);
  const prefix = Number(bits);
  if (address === "" || parts.some((part) => part > 255) || prefix > 32) return null;
  const first = parts.reduce((sum, part) => sum * 256 + part, 0);
  return first % 2 ** (32 - prefix) === 0 ? { first, prefix } : null;
}

export function subnetText({ first, prefix }: Subnet): string {
  return `${addressText(first)}/${prefix}`;
}

/** The address that this machine has in the subnet: its first. */
export function gatewayOf({ first }: Subnet): string {
  return addressText(first + 1);
}

/** For how many environments there is room. */
export function countNetworks(ranges: readonly Subnet[]): number {
  return ranges.reduce((sum, { prefix }) => sum + 2 ** (environmentPrefix - prefix), 0);
}

/**
 * The first subnet for an environment, from the `start`-th on and around, that overlaps none of those taken. Throws
 * `runtime.failed` where there is none left.
 */
export function allocateSubnet(ranges: readonly Subnet[], taken: readonly Subnet[], start: number): Subnet {
  const counts = ranges.map(({ prefix }) => 2 ** (environmentPrefix - prefix));
  const count = counts.reduce((sum, one) => sum + one, 0);
  for (let step = 0; step < count; step += 1) {
    const subnet = subnetAt(ranges, counts, (start + step) % count);
    if (!taken.some((other) => overlaps(subnet, other))) return subnet;
  }
  throw new BerthError("runtime.failed", `All ${count} networks for environments are taken.`, {
    path: "BERTH_SUBNETS",
    hint: "Give a wider range, or remove environments that are no longer needed.",
    details: ranges.map(subnetText),
  });
}

function subnetAt(ranges: readonly Subnet[], counts: readonly number[], index: number): Subnet {
  let left = index;
  for (const [at, range] of ranges.entries()) {
    const count = counts[at] ?? 0;
    if (left < count) return { first: range.first + left * 2 ** (32 - environmentPrefix), prefix: environmentPrefix };
    left -= count;
  }
  throw new RangeError(`there is no subnet ${index}`);
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.first / size) === Math.floor(b.first / size);
}

/** The ranges that this machine knows a way to, save the one to everywhere: from /proc/net/route (proc_pid_net(5)). */
export function parseRoutes(table: string): Subnet[] {
  return table.split("\n").flatMap((row) => {
    const [, destination = "", , , , , , mask = ""] = row.split("\t");
    if (!/^[0-9A-F]{8}$/.test(destination) || !/^[0-9A-F]{8}$/.test(mask)) return [];
    const prefix = [...swapped(mask).toString(2)].filter((bit) => bit === "1").length;
    return prefix === 0 ? [] : [{ first: swapped(destination), prefix }];
  });
}

/** The kernel prints addresses in the machine's byte order, which is little-endian wherever Berth runs. */
function swapped(hex: string): number {
  return Buffer.from(hex, "hex").readUInt32LE();
}

function addressText(address: number): string {
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}
