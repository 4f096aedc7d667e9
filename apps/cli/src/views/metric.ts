import type { MetricState } from "@berth/core";
import type { Style } from "../framework/output.ts";
import { ago } from "../framework/units.ts";

interface MeteredService {
  name: string;
  metric: (MetricState & { target: number }) | null;
}

/** How much waits for a service whose number follows that, or since when nobody knows. */
export function metricRows(
  { name, metric }: MeteredService,
  { style, now }: { style: Style; now: number },
): string[][] {
  if (metric === null) return [];
  const { backlog, measuredAt, target, failure } = metric;
  const known = backlog === null || measuredAt === null ? null : `${backlog} waiting (asked ${ago(measuredAt, now)})`;
  if (failure === null) return [["  metric", `${name}: ${known ?? "not known yet"}, one for each ${target}`]];
  const { since, reason, printed } = failure;
  return [
    ["  metric", style.red(`${name}: its command fails, first ${ago(since, now)}: ${reason}`)],
    ...(printed === null ? [] : [["", style.dim(`| ${printed}`)]]),
    ["", `as many instances as before${known === null ? "" : `; ${known}`}`],
  ];
}
