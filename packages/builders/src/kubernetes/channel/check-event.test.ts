import { expect, it } from "vitest";
import { checkBatch } from "./check-event.ts";

const check = (event: unknown) => checkBatch({ from: 1, events: [event] }).events[0];

it("leaves what Berth's own part tells as it is", () => {
  const events = [
    { kind: "start", step: "npm", text: "npm ci" },
    { kind: "line", text: "added 3 packages\tin 2 s" },
    { kind: "end", step: "npm", durationMs: 12 },
    { kind: "packing" },
    {
      kind: "outcome",
      outcome: { kind: "failed", failure: { step: "npm", message: "m", hint: null, exitCode: 1, lines: ["a", ""] } },
    },
    { kind: "outcome", outcome: { kind: "error", code: "disk.full", message: "m", hint: "h" } },
    { kind: "outcome", outcome: { kind: "built", layers: { tools: {}, platform: {}, dependencies: null, app: null } } },
  ];
  expect(checkBatch({ from: 7, events })).toEqual({ from: 7, events });
});

it("shows nobody what a terminal would act on, nor what has no end", () => {
  expect(check({ kind: "line", text: "a\u001b]52;c;eA==\u0007\u001b[2Jb\r\u0000c" })).toEqual({
    kind: "line",
    text: "abc",
  });
  expect(check({ kind: "line", text: "x".repeat(1e6) })).toEqual({ kind: "line", text: "x".repeat(2_100) });
});

it("knows no errors that Berth has not", () => {
  const outcome = { kind: "error", code: "toString", message: "m" };
  expect(check({ kind: "outcome", outcome })).toMatchObject({ outcome: { code: "internal" } });
});

it.each([
  [null],
  [{ kind: "line", text: { toString: "x" } }],
  [{ kind: "other" }],
  [{ kind: "outcome" }],
  [{ kind: "outcome", outcome: { kind: "built", layers: { tools: { node: 1 }, platform: {} } } }],
  [{ kind: "outcome", outcome: { kind: "failed", failure: { step: "a", message: "b", hint: null, exitCode: null } } }],
])("takes no event for one that is none: %j", (event) => {
  expect(() => check(event)).toThrow(TypeError);
  expect(() => checkBatch({ from: 0, events: [] })).toThrow(TypeError);
});
