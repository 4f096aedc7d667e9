import type { Metric } from "./text.ts";

/** What Prometheus' own clients tell of a process, by the same names. */
export function processMetrics(now: number): Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    {
      name: "process_cpu_seconds_total",
      type: "counter",
      help: "Processor time that the processes have used.",
      samples: [[{}, (user + system) / 1e6]],
    },
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Memory that the processes have.",
      samples: [[{}, rss]],
    },
    {
      name: "nodejs_heap_size_used_bytes",
      type: "gauge",
      help: "Of it, what JavaScript uses.",
      samples: [[{}, heapUsed]],
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      across: "min",
      help: "When the oldest of the processes was started, in seconds since the epoch.",
      samples: [[{}, Math.round(now / 1_000 - process.uptime())]],
    },
  ];
}
