import { type LimitShares, type Metric, wholeLimits } from "@berth/router";
import type { Logger } from "pino";
import type { Sharing } from "../http/listen.ts";
import type { Settings } from "../settings/settings.ts";
import { clearCounts, openPortMetrics, type PortMetrics } from "./port-metrics.ts";
import { ownName } from "./process-name.ts";
import { clearClaims, freeClaims, openSharedLimits } from "./shared-limits.ts";
import { openWorkerRecords } from "./worker-records.ts";

export interface SharedPortDeps {
  settings: Pick<Settings, "home" | "workers">;
  /** Which worker this process is; null for the first one at the port. */
  worker: number | null;
  clock: { now(): number };
  log: Logger;
}

/** What this process has in common with the others at its port, where there are any: limits, and what is told of them. */
export interface SharedPort {
  /** How it is opened: workers of a process before this one may have been left there. */
  sharing: Sharing;
  limits: LimitShares;
  /** From now on the others can ask for what this process counts. What all count together. */
  tell(metrics: () => Metric[]): () => Promise<Metric[]>;
  /** Some of the others have ended. */
  ended(): void;
  close(): void;
}

export function openSharedPort({ settings, worker, clock, log }: SharedPortDeps): SharedPort {
  const { home, workers: processes } = settings;
  const isFirst = worker === null;
  const hasLeft = isFirst && openWorkerRecords(home).left().length > 0;
  const own = ownName();
  let counts: PortMetrics | null = null;
  if (isFirst && !hasLeft) {
    clearClaims(home);
    clearCounts(home);
  }
  if (isFirst && processes === 1)
    return {
      sharing: hasLeft ? "joins" : "none",
      limits: wholeLimits,
      tell: (metrics) => async () => metrics(),
      ended: () => undefined,
      close: () => undefined,
    };
  return {
    sharing: isFirst && !hasLeft ? "begins" : "joins",
    limits: openSharedLimits({ home, processes, own, clock }),
    tell(metrics) {
      const opened = openPortMetrics({ home, own, metrics, log });
      counts = opened;
      return () => opened.all();
    },
    ended() {
      try {
        freeClaims(home);
        counts?.adopt();
      } catch (error) {
        log.error({ err: error }, "what a worker had counted could not be taken over");
      }
    },
    close: () => counts?.close(),
  };
}
