import { readFile } from "node:fs/promises";

const setpriv = "/usr/bin/setpriv";

/** Bits of a capability set (capabilities(7)). */
const dacOverride = 1n << 1n;
const setPcap = 1n << 8n;

/**
 * What goes before the keeper's command so that neither it nor any instance has capabilities: without them mode bits bind root,
 * too, and an instance cannot write into the read-only copy of its image by accident. Empty where mode bits bind us already, or
 * where giving capabilities up is not allowed. `status` is /proc/self/status.
 */
export function makeWrapper(status: string): string[] {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
  if ((effective & dacOverride) === 0n || (effective & setPcap) === 0n) return [];
  return [setpriv, "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--"];
}

/** What the kernel says of this process. */
export function readOwnStatus(): Promise<string> {
  return readFile("/proc/self/status", "utf8");
}
