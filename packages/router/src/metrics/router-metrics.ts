import type { Edge } from "../front/edge.ts";
import { durationBounds, outcomes, type RequestStats } from "../stats.ts";
import type { Workload } from "../workload.ts";
import type { Labels, Metric, Sample } from "./text.ts";

/**
 * What a router tells of itself. Labels come from the routing table alone, never from a request, so there are no more series than
 * workloads times what is told of each; they go with their workload. Of those without requests no histogram is told.
 */
export function routerMetrics(workloads: Iterable<Workload>, { refusals, open }: Edge, now: number): Metric[] {
  const requests: Sample[] = [];
  const durations: Sample[] = [];
  const inFlight: Sample[] = [];
  const waiting: Sample[] = [];
  const wakes: Sample[] = [];
  const instances: Sample[] = [];
  for (const workload of workloads) {
    const labels = labelsOf(workload);
    const { stats, routed } = workload;
    const served = [...workload.load(now).instances.values()].reduce((sum, count) => sum + count, 0);
    for (const [at, outcome] of outcomes.entries()) {
      const count = stats.byOutcome[at] ?? 0;
      if (count > 0) requests.push([{ ...labels, code: outcome }, count]);
    }
    durations.push(...histogram(labels, stats));
    inFlight.push([labels, workload.inFlight]);
    waiting.push([labels, Math.max(0, workload.inFlight - served)]);
    if (stats.wakes > 0) wakes.push([labels, stats.wakes]);
    instances.push([labels, routed.instances.filter(({ draining }) => !draining).length]);
  }
  const refused = [...refusals.all()].map(([reason, count]): Sample => [{ reason }, count]);
  return [
    {
      name: "berth_requests_total",
      type: "counter",
      help: "Requests that have ended, by the class of their status; cancelled: the client left before the answer.",
      samples: requests,
    },
    {
      name: "berth_request_duration_seconds",
      type: "histogram",
      help: "From the arrival of a request until its answer was passed on, waiting and waking included.",
      samples: durations,
    },
    {
      name: "berth_requests_in_flight",
      type: "gauge",
      help: "Requests that are served or wait now, upgraded connections among them.",
      samples: inFlight,
    },
    {
      name: "berth_requests_waiting",
      type: "gauge",
      help: "Requests that wait for an instance now.",
      samples: waiting,
    },
    {
      name: "berth_wakes_total",
      type: "counter",
      help: "Wakes of sleeping services that requests asked for.",
      samples: wakes,
    },
    {
      name: "berth_instances",
      type: "gauge",
      across: "max",
      help: "Instances that take requests now.",
      samples: instances,
    },
    {
      name: "berth_refused_total",
      type: "counter",
      help: "What the router did not pass on, or not to its end, by the reason.",
      samples: refused,
    },
    {
      name: "berth_connections",
      type: "gauge",
      help: "Connections of clients that are open now.",
      samples: [[{}, open.connections]],
    },
    { name: "berth_processes", type: "gauge", help: "Processes that this tells of.", samples: [[{}, 1]] },
  ];
}

function labelsOf({ id, routed }: Workload): Labels {
  const { app, environment, service, release } = routed;
  return { app, environment, service, release: release == null ? "" : `v${release}`, workload: id.slice(0, 12) };
}

function histogram(labels: Labels, { byDuration, totalMs }: RequestStats): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  for (const [at, bound] of durationBounds.entries()) {
    count += byDuration[at] ?? 0;
    samples.push([{ ...labels, le: String(bound) }, count, "_bucket"]);
  }
  count += byDuration[durationBounds.length] ?? 0;
  if (count === 0) return [];
  samples.push([{ ...labels, le: "+Inf" }, count, "_bucket"]);
  samples.push([labels, totalMs / 1_000, "_sum"], [labels, count, "_count"]);
  return samples;
}
