import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The processes besides the server that take requests at its port. */
export function workerPids(home: string): number[] {
  const kept = readFileSync(join(home, "router/workers.json"), "utf8");
  return (JSON.parse(kept) as { pid: number }[]).map(({ pid }) => pid);
}
