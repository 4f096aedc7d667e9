import { expect, it } from "vitest";
import { readBacklog } from "./read-backlog.ts";

it.each<[string, number | null]>([
  ["12\n", 12],
  ["asking the queue\n  40.5  \n\n", 40.5],
  ["0", 0],
  ["3\r\n", 3],
  ["1e6\n", 1_000_000],
  ["", null],
  ["12 jobs\n", null],
  ["7\ndone\n", null],
  ["-1\n", null],
  ["NaN\n", null],
  ["Infinity\n", null],
  ["1e999\n", null],
])("of %j reads %s", (output, backlog) => {
  expect(readBacklog(output)).toBe(backlog);
});
