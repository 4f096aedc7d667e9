import type { Operation, OperationEvent } from "@berth/core";
import { expect, test } from "vitest";
import { durationText } from "./duration.ts";
import { makeProgress } from "./progress.ts";

const scope = { app: "shop", environment: "production" };
const operation: Operation = {
  ...scope,
  id: "op_1",
  kind: "deploy",
  actor: "ada",
  state: "succeeded",
  startedAt: 1_000,
  finishedAt: 1_240,
  version: 12,
  error: null,
  url: "http://shop.localhost:4000",
};
const standing = { live: 11, url: "http://shop.localhost:4000" };

function event(part: Partial<OperationEvent>): OperationEvent {
  return { seq: 1, at: 0, phase: "build", service: "web", kind: "line", text: "", durationMs: null, ...part };
}

test("a deploy reads as a calm list of steps", () => {
  const progress = makeProgress(scope);
  const lines = [
    ...progress.opening("main 3f2a1b9 Fix the cart"),
    ...progress.event(event({ phase: "detect", service: null, kind: "start" })),
    ...progress.event(event({ phase: "detect", text: "Node 24, npm (package.json)" })),
    ...progress.event(event({ phase: "detect", service: null, kind: "end", text: "web", durationMs: 3 })),
    ...progress.event(event({ kind: "start", text: "install: npm ci" })),
    ...progress.event(event({ text: "added 120 packages" })),
    ...progress.event(event({ kind: "end", text: "install", durationMs: 2_345 })),
    ...progress.event(event({ phase: "start", kind: "end", text: "ready", durationMs: 48 })),
    ...progress.end(operation, standing),
  ];
  expect(lines).toMatchInlineSnapshot(`
    [
      "berth   shop production: main 3f2a1b9 Fix the cart",
      "detect  web  Node 24, npm (package.json)",
      "build   web  install: npm ci",
      "        | added 120 packages",
      "build   web  install done  2.3 s",
      "start   web  ready  48 ms",
      "live    v12 in 0.24 s  http://shop.localhost:4000",
    ]
  `);
});

test("a failure says what, the last lines, what to do, and what still is live", () => {
  const error = {
    code: "build.failed",
    message: "web: npm test exited with 1.",
    hint: "Mend it.",
    lines: ["no", "test"],
  };
  const failed: Operation = { ...operation, state: "failed", version: null, error };
  expect(makeProgress(scope).end(failed, standing)).toMatchInlineSnapshot(`
    [
      "        | no",
      "        | test",
      "failed  web: npm test exited with 1.",
      "hint    Mend it.",
      "still   v11 is live  http://shop.localhost:4000",
    ]
  `);
  expect(
    makeProgress(scope)
      .end(failed, { ...standing, live: null })
      .at(-1),
  ).toContain("nothing is live");
});

test("lines that were shown while the build went on are not shown again", () => {
  const progress = makeProgress(scope);
  for (const text of ["yes", "no", "test"]) progress.event(event({ text }));
  const error = { code: "build.failed", message: "No.", hint: null, lines: ["no", "test"] };
  expect(progress.end({ ...operation, state: "failed", error }, standing)).toHaveLength(2);
});

test("of empty lines one is shown, none where a step begins, and none makes lines be shown again", () => {
  const progress = makeProgress(scope);
  const texts = ["", "yes", "", "", "no", ""];
  expect(texts.flatMap((text) => progress.event(event({ text })))).toEqual(
    ["yes", "", "no", ""].map((text) => `        | ${text}`),
  );
  progress.event(event({ kind: "start", text: "build: make" }));
  expect(progress.event(event({ text: "" }))).toEqual([]);
  const error = { code: "build.failed", message: "No.", hint: null, lines: ["yes", "", "no", ""] };
  expect(progress.end({ ...operation, state: "failed", error }, standing)).toHaveLength(2);
});

test("durations are told as people do", () => {
  const told = [0.4, 48, 240, 2_345, 59_940, 59_960, 72_000].map(durationText);
  expect(told).toEqual(["0 ms", "48 ms", "0.24 s", "2.3 s", "59.9 s", "1 min 0 s", "1 min 12 s"]);
});
