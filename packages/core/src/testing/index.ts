export { makeManualClock } from "./manual-clock.ts";
export { plainTable } from "./plain-table.ts";
export * from "./test-tree.ts";
