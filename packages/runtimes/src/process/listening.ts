import { readFile, readdir, readlink } from "node:fs/promises";
import { parseListening } from "../instances/listening.ts";
import type { Listening } from "../instances/listening.ts";
import { readGroups } from "./keeper/proc.ts";

/** Where the processes of a group listen, by /proc/net/tcp and tcp6 and the sockets they hold (proc_pid_net(5)). */
export async function listeningOf(group: number): Promise<Listening[]> {
  const members = readGroups().get(group) ?? [];
  const inodes = new Set((await Promise.all(members.map(({ pid }) => socketInodes(pid)))).flat());
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map(readOrEmpty));
  return tables.flatMap(parseListening).filter(({ inode }) => inodes.has(inode));
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
