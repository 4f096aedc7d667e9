import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { Clock, Random } from "@berth/core";
import type { Machine } from "./deps.ts";
import { runProcess } from "./process/run.ts";

/** The words before a command that make it run without a network, loopback aside; none where this machine does not allow it. */
export type NoNetwork = () => Promise<readonly string[]>;

const script = 'ip link set lo up && exec "$@"';

/** A network namespace of its own needs root's rights, or a user namespace that gives them within it. Tried once. */
export function makeNoNetwork(deps: { machine: Machine; clock: Clock; random: Random }): NoNetwork {
  let found: Promise<readonly string[]> | null = null;
  return () => (found ??= look(deps));
}

async function look({ machine, clock, random }: { machine: Machine; clock: Clock; random: Random }) {
  if (process.platform !== "linux") return [];
  const programs = ["unshare", "ip", "sh"].map((name) => findProgram(name, `${machine.path}:/usr/sbin:/sbin`));
  const [unshare, ip, sh] = programs;
  if (unshare == null || ip == null || sh == null) return [];
  const inside = [sh, "-c", script.replace("ip", ip), "sh"];
  for (const options of [["--net"], ["--net", "--map-root-user"]]) {
    const words = [unshare, ...options, "--", ...inside];
    const marker = Buffer.from(random.bytes(12)).toString("hex");
    const spec = { argv: [...words, "true"], cwd: "/", env: { PATH: machine.path }, timeoutMs: 10_000, marker };
    const result = await runProcess(spec, () => undefined, new AbortController().signal, clock);
    if (result.exitCode === 0) return words;
  }
  return [];
}

/** The file of a program, as a shell would find it; null where there is none. */
export function findProgram(name: string, path: string): string | null {
  for (const folder of path.split(delimiter)) {
    if (folder === "") continue;
    const file = join(folder, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      continue;
    }
  }
  return null;
}
