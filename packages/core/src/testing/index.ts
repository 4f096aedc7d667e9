export { makeManualClock } from "./manual-clock.ts";
export * from "./test-tree.ts";
