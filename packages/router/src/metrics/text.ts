/** The media type of Prometheus' text format. */
export const metricsType = "text/plain; version=0.0.4; charset=utf-8";

export type Labels = Readonly<Record<string, string>>;
export type Sample = readonly [labels: Labels, value: number, suffix?: string];

export interface Metric {
  name: string;
  type: "counter" | "gauge" | "histogram";
  /** Of a gauge: what several processes come to together. Missing: their sum. */
  across?: "max" | "min";
  help: string;
  samples: readonly Sample[];
}

/** Metrics in Prometheus' text format 0.0.4. Those without samples are left out. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(({ name, type, help, samples }) =>
      [
        `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
        `# TYPE ${name} ${type}`,
        ...samples.map(([labels, value, suffix = ""]) => `${name}${suffix}${labelsText(labels)} ${value}`),
        "",
      ].join("\n"),
    )
    .join("");
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escape(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
