import type { Labels, Metric, Sample } from "./text.ts";

/**
 * What several processes tell together: counters and histograms are added up, gauges as each says. `past` is what processes that are gone
 * have counted; of it is told what some process still has a workload for. The release that serves a workload is what the first that has it says.
 */
export function addUp(living: readonly (readonly Metric[])[], past: readonly (readonly Metric[])[] = []): Metric[] {
  const releases = releasesOf(living);
  const remaining = past.map((metrics) => countsOf(metrics).map((metric) => keepKnown(metric, releases)));
  const byName = Map.groupBy([...living, ...remaining].flat(), ({ name }) => name);
  return [...byName.values()].map((metrics) => merge(metrics, releases));
}

/** Of metrics what goes on counting after its process: counters and histograms. */
export function countsOf(metrics: readonly Metric[]): Metric[] {
  return metrics.filter(({ type }) => type !== "gauge");
}

/** By workload. */
type Releases = ReadonlyMap<string, string>;

function releasesOf(living: readonly (readonly Metric[])[]): Releases {
  const releases = new Map<string, string>();
  for (const { samples } of living.flat())
    for (const [{ workload, release }] of samples)
      if (workload !== undefined && !releases.has(workload)) releases.set(workload, release ?? "");
  return releases;
}

function keepKnown(metric: Metric, releases: Releases): Metric {
  const isKnown = ([{ workload }]: Sample) => workload === undefined || releases.has(workload);
  return { ...metric, samples: metric.samples.filter(isKnown) };
}

function merge(metrics: readonly Metric[], releases: Releases): Metric {
  const metric = metrics[0]!;
  const merged = new Map<string, Sample>();
  for (const [labels, value, suffix = ""] of metrics.flatMap(({ samples }) => samples)) {
    const known = withRelease(labels, releases);
    const key = `${suffix} ${JSON.stringify(known)}`;
    const before = merged.get(key);
    merged.set(key, [known, before === undefined ? value : join(metric, before[1], value), suffix]);
  }
  return { ...metric, samples: [...merged.values()] };
}

function join({ across }: Metric, one: number, other: number): number {
  if (across === "max") return Math.max(one, other);
  return across === "min" ? Math.min(one, other) : one + other;
}

/** Processes may have different tables for a moment. */
function withRelease(labels: Labels, releases: Releases): Labels {
  const release = labels["workload"] === undefined ? undefined : releases.get(labels["workload"]);
  return release === undefined || release === labels["release"] ? labels : { ...labels, release };
}
