import { mkdirSync, readFileSync } from "node:fs";
import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, hasCode, type Log, type RoutingTable } from "@berth/core";
import { readTableText, writeTable } from "./messages.ts";

/** Where a router keeps the last table it had, so that it can serve by it when it starts while the server is away. */
export interface TableFile {
  /** Null where there is none that can be read. */
  read(): RoutingTable | null;
  /** Keeps this one; of several that come soon after each other the last. */
  write(table: RoutingTable): void;
  /** Resolves when what was written last is on disk. */
  flush(): Promise<void>;
}

/** A table is rarely the last one for long; so often is often enough. */
const pauseMs = 100;

export function openTableFile(path: string, { clock, log }: { clock: Clock; log: Log }): TableFile {
  let next: RoutingTable | null = null;
  let writing: Promise<void> | null = null;

  async function writeAll() {
    for (; next !== null; await clock.sleep(pauseMs)) {
      const table = next;
      next = null;
      await replace(path, JSON.stringify(writeTable(table))).catch((error: unknown) =>
        log.error({ err: error, path }, "the routing table could not be kept; a restart would serve by an older one"),
      );
    }
    writing = null;
  }

  return {
    read() {
      try {
        return readTableText(readFileSync(path, "utf8"));
      } catch (error) {
        if (!hasCode(error, "ENOENT"))
          log.warn({ err: error, path }, "the routing table that was kept cannot be read; waiting for the server's");
        return null;
      }
    },
    write(table) {
      next = table;
      writing ??= writeAll();
    },
    async flush() {
      await writing;
    },
  };
}

/** Whoever reads sees the old content or the new one, also after a loss of power. */
async function replace(path: string, text: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.new`;
  const file = await open(draft, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
}
