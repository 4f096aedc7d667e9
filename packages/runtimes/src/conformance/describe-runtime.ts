import { describe } from "vitest";
import { describeExec } from "./exec.ts";
import { describeLife } from "./life.ts";
import { describeLogs } from "./logs.ts";
import { describeReasons } from "./reasons.ts";
import type { RuntimeUnderTest } from "./runtime-under-test.ts";
import { describeStops } from "./stops.ts";
import { describeTasks } from "./tasks.ts";

/** The suite that every runtime passes. `open` makes a fresh one, with nothing in it. */
export function describeRuntime(name: string, open: () => Promise<RuntimeUnderTest>): void {
  describe(`the ${name} runtime`, () => {
    describeLife(open);
    describeReasons(open);
    describeStops(open);
    describeLogs(open);
    describeTasks(open);
    describeExec(open);
  });
}
