import type { LogLine } from "@berth/core";
import { expect, test } from "vitest";
import { lastRun } from "./last-run.ts";

function line(text: string, stream: LogLine["stream"] = "stderr", instance = "a"): LogLine {
  return { at: 0, instance, stream, text };
}

const crash = ["Error: Cannot find module 'nope'", "Require stack:", "- /app/server.js"];
const run = [line("started on port 20001", "berth"), ...crash.map((text) => line(text)), line("exited", "berth")];

test("the first line of an error stands above its stack, though it happened twice", () => {
  expect(lastRun([...run, line("restarting in 1 s", "berth"), ...run, line("restarting in 2 s", "berth")])).toEqual([
    "started on port 20001",
    ...crash,
    "exited",
  ]);
});

test("a run that has said nothing yet does not hide the one before", () => {
  expect(lastRun([...run, line("started again on port 20001", "berth")])).toContain(crash[0]);
});

test("one that never said anything is told by what happened to it", () => {
  const silent = [line("started on port 20001", "berth"), line("exited with code 3", "berth")];
  expect(lastRun([...silent, ...silent])).toEqual(["started on port 20001", "exited with code 3"]);
  expect(lastRun([])).toEqual([]);
});

test("what two instances say is not mixed", () => {
  const other = run.map((each) => ({ ...each, instance: "b" }));
  const mixed = run.flatMap((each, index) => [each, ...other.slice(index, index + 1)]);
  expect(lastRun(mixed)).toHaveLength(run.length);
});

test("of a run that prints without end the last lines are told", () => {
  const lines = lastRun([line("started", "berth"), ...Array.from({ length: 99 }, (_, index) => line(`${index}`))]);
  expect(lines).toHaveLength(40);
  expect(lines.at(-1)).toBe("98");
});
