import { median, quantile } from "./stats.ts";

/** What one measurement has shown: its values, beside the floor of the same run and the goal. */
export interface Quantity {
  what: string;
  values: readonly number[];
  unit: "ms" | "MB";
  /** What the same machine needs at least, measured in the same run. */
  floor: readonly number[] | null;
  /** Upper bounds of some of its statistics. */
  goal: Partial<Record<Statistic, number>>;
}

export type Statistic = "p50" | "p95" | "p99";

const statistics: readonly Statistic[] = ["p50", "p95", "p99"];
const share = { p50: 0.5, p95: 0.95, p99: 0.99 };
const headings = ["", "runs", "median", "p95", "p99", "floor", "× floor", "goal", ""];

/** All quantities in one table for a terminal. */
export function makeTable(quantities: readonly Quantity[]): string {
  const rows = [headings, ...quantities.map(makeRow)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The first column and the last two are read, the others compared. */
function isText(column: number): boolean {
  return column === 0 || column >= headings.length - 2;
}

function makeRow({ what, values, unit, floor, goal }: Quantity): string[] {
  const sorted = values.toSorted((one, other) => one - other);
  const lowest = floor === null ? null : median(floor);
  const bounds = statistics.flatMap((name) => (goal[name] === undefined ? [] : [`${name} ≤ ${goal[name]} ${unit}`]));
  const isMissed = statistics.some((name) => quantile(sorted, share[name]) > (goal[name] ?? Number.POSITIVE_INFINITY));
  return [
    what,
    String(values.length),
    ...statistics.map((name) => (name === "p50" || values.length > 1 ? amount(quantile(sorted, share[name])) : "")),
    lowest === null ? "" : amount(lowest),
    lowest === null ? "" : (median(values) / lowest).toFixed(2),
    bounds.join(", "),
    bounds.length === 0 ? "" : isMissed ? "MISSED" : "reached",
  ];
}

function amount(value: number): string {
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}
