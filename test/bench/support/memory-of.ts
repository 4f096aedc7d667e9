import { readFileSync } from "node:fs";

/** What a process holds. */
export interface Memory {
  /** All that is mapped and in memory. */
  rss: number;
  /** The same, with what is shared with other processes divided among them. */
  pss: number;
}

export function memoryOf(pid: number): Memory {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const megabytes = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1]) * 1024) / 1e6;
  return { rss: megabytes("Rss"), pss: megabytes("Pss") };
}
