import { median, quantile } from "./stats.ts";

/** What one measurement has shown: its values, beside the floor of the same run and the goal. */
export interface Quantity {
  what: string;
  values: readonly number[];
  /** Empty for what is counted. */
  unit: "ms" | "µs" | "MB" | "MB/s" | "/s" | "×" | "";
  /** What the same machine needs at least, measured in the same run. */
  floor: readonly number[] | null;
  /** Bounds of some of its statistics: the value that is reached too. */
  goal: Partial<Record<Statistic, number>>;
  /** Which kind of bounds; upper ones where it is missing. */
  bound?: "most" | "least";
}

export type Statistic = "p50" | "p95" | "p99";

const statistics: readonly Statistic[] = ["p50", "p95", "p99"];
const share = { p50: 0.5, p95: 0.95, p99: 0.99 };
const headings = ["", "runs", "median", "p95", "p99", "floor", "× floor", "goal", ""];

/**
 * How one contender did beside another: the ratios within each round, for rounds of a busy machine cannot be compared with each other. Both have
 * one value for each round.
 */
export function makeRatio(
  what: string,
  values: readonly number[],
  others: readonly number[],
  { goal = {}, bound = "most" }: Pick<Partial<Quantity>, "goal" | "bound"> = {},
): Quantity {
  const ratios = values.map((value, round) => value / (others[round] ?? Number.NaN));
  return { what, values: ratios, unit: "×", floor: null, goal, bound };
}

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

function makeRow({ what, values, unit, floor, goal, bound = "most" }: Quantity): string[] {
  const sorted = values.toSorted((one, other) => one - other);
  const lowest = floor === null ? null : median(floor);
  const named = statistics.filter((name) => goal[name] !== undefined);
  const sign = bound === "most" ? "≤" : "≥";
  const isReached = (value: number, limit: number) => (bound === "most" ? value <= limit : value >= limit);
  const isMissed = named.some((name) => !isReached(quantile(sorted, share[name]), goal[name]!));
  const write = (value: number) => amount(value, unit);
  return [
    what,
    String(values.length),
    ...statistics.map((name) => (name === "p50" || values.length > 1 ? write(quantile(sorted, share[name])) : "")),
    lowest === null ? "" : write(lowest),
    lowest === null ? "" : amount(median(values) / lowest, "×"),
    named.map((name) => `${name} ${sign} ${bounded(goal[name]!)} ${unit}`.trimEnd()).join(", "),
    named.length === 0 ? "" : isMissed ? "MISSED" : "reached",
  ];
}

function amount(value: number, unit: Quantity["unit"]): string {
  if (unit === "") return value.toFixed(0);
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

/** A goal is written as it was set, and to the whole unit where it was computed. */
function bounded(value: number): string {
  return String(value > 10 ? Math.round(value) : value);
}
