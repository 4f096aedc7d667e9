import { serverFlags } from "../../../tools/setup/server-process.mjs";
import { startTask } from "../support/programs.ts";
import type { Quantity } from "../support/quantities.ts";
import { scaled } from "./scale.ts";

export interface TablePlan {
  apps: number;
  rounds: number;
}

/** One value for each round. */
export interface TableTimes {
  lookupUs: number[];
  /** The same in a table of one app. */
  lonelyLookupUs: number[];
  swapMs: number[];
  updateMs: number[];
  /** Of it the part of `Router.apply`; the rest makes the table that it is given. */
  applyMs: number[];
}

const apps = scaled(10_000);

/** What a table of many apps costs a router: to find one, to take another table, and to take one with a change. */
export async function benchTable(rounds: number): Promise<Quantity[]> {
  const module = new URL("./processes/table.ts", import.meta.url);
  const plan: TablePlan = { apps, rounds: rounds * 10 };
  const times = await startTask<TableTimes>(module, plan, [...serverFlags, "--expose-gc"]).result;
  const what = `${apps} apps in the table`;
  return [
    { what: `${what}: lookup`, values: times.lookupUs, unit: "µs", floor: times.lonelyLookupUs, goal: { p50: 2 } },
    { what: `${what}: full swap`, values: times.swapMs, unit: "ms", floor: null, goal: { p50: 50 } },
    { what: `${what}: update of one`, values: times.updateMs, unit: "ms", floor: null, goal: { p50: 1 } },
    { what: `${what}: of it the router's part`, values: times.applyMs, unit: "ms", floor: null, goal: {} },
  ];
}
