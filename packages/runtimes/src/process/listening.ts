import { readFile, readdir, readlink } from "node:fs/promises";
import { readGroups } from "./keeper/proc.ts";

/** An address that a process listens at. */
export interface Listening {
  host: string;
  port: number;
}

const listenState = "0A";

/** Where the processes of a group listen, by /proc/net/tcp and tcp6 and the sockets they hold (proc_pid_net(5)). */
export async function listeningOf(group: number): Promise<Listening[]> {
  const members = readGroups().get(group) ?? [];
  const inodes = new Set((await Promise.all(members.map(({ pid }) => socketInodes(pid)))).flat());
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map(readOrEmpty));
  return tables.flatMap(parseListening).filter(({ inode }) => inodes.has(inode));
}

/** The listening rows of a table, with the inode of each socket. */
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

async function socketInodes(pid: number): Promise<string[]> {
  try {
    const folder = `/proc/${pid}/fd`;
    const links = await Promise.all(
      (await readdir(folder)).map((name) => readlink(`${folder}/${name}`).catch(() => "")),
    );
    return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
  } catch {
    return [];
  }
}

async function readOrEmpty(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
