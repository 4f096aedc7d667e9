/** An address that a process listens at. */
export interface Listening {
  host: string;
  port: number;
}

const listenState = "0A";

/** The listening rows of /proc/net/tcp or tcp6 (proc_pid_net(5)), with the inode of each socket. */
export function parseListening(table: string): (Listening & { inode: string })[] {
  return table.split("\n").flatMap((row) => {
    const [, local = "", , state, , , , , , inode = ""] = row.trim().split(/\s+/);
    if (state !== listenState) return [];
    const [address = "", port = ""] = local.split(":");
    return [{ host: parseAddress(address), port: Number.parseInt(port, 16), inode }];
  });
}

/** The kernel prints each 32-bit word in the machine's byte order, which is little-endian wherever Berth runs. */
function parseAddress(hex: string): string {
  const words = hex.match(/.{8}/g) ?? [];
  const bytes = words.flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  const groups = bytes.join("").match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}
