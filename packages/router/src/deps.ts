import type { Clock, Log, Random, SlotReport } from "@berth/core";
import type { AccessLog } from "./access-log.ts";
import type { Edge } from "./front/edge.ts";

export interface RouterDeps {
  /** The domain that apps live below, such as `localhost`. */
  domain: string;
  clock: Clock;
  log: Log;
  random: Random;
  /** What it shares with the servers in front of it. Default: one of its own, with the default limits. */
  edge?: Edge;
  /** Gets a line for each request. Default: nothing does. */
  accessLog?: AccessLog | null;
  /** Asks the deployer to start a sleeping workload, `by` the program whose request came first. Called once however many requests wait for it; a rejection is told to all of them. */
  wake(workload: string, by: string): Promise<void>;
  /**
   * Where several routers take requests for the same instances: told what this one has of the slots of limited ones, and wants, whenever that
   * changes. It uses what `allot` gives it. Missing: it is the only one, and uses all.
   */
  onSlots?(report: SlotReport): void;
  /** How long a request may wait for an instance where the table does not say. Default 30,000. */
  wakeDeadlineMs?: number;
  /** How many requests may wait for one workload at once where the table does not say. Default 1,000. */
  maxWaiting?: number;
  /** How long an instance may take until its answer begins. Default 300,000. */
  answerDeadlineMs?: number;
}
