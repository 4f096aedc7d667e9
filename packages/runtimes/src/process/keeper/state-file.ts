import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { bootId } from "./proc.ts";
import type { KeptInstance } from "./protocol.ts";

/** What a keeper leaves for the next one in case it is killed: a process that is ours. Nothing of its environment. */
export interface LeftInstance {
  instance: KeptInstance;
  /** With the pid it names the process: a pid alone may be another's by now. */
  startTicks: string | null;
}

interface KeeperState {
  bootId: string;
  instances: readonly LeftInstance[];
}

/** Written at once, so that no instance is unknown for longer than it takes to start it. */
export function writeState(path: string, instances: readonly LeftInstance[]): void {
  const state: KeeperState = { bootId: bootId(), instances };
  writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** The instances that the keeper before this one left in this boot of the machine. */
export function readState(path: string): readonly LeftInstance[] {
  try {
    const state = JSON.parse(readFileSync(path, "utf8")) as KeeperState;
    return state.bootId === bootId() ? state.instances : [];
  } catch {
    // None, or half a file of a full disk: then the processes are found by their folders.
    return [];
  }
}
