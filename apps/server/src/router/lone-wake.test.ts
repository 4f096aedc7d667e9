import { BerthError } from "@berth/core";
import { expect, it } from "vitest";
import { makeLoneWake } from "./lone-wake.ts";

const routed = { id: "abc", app: "shop", environment: "production", service: "web" };
const request = { routed, by: "curl", at: 1_000 };
const start = { instance: "abc-lone", marks: { askedAt: 3_000, startedAt: 3_010, listeningAt: 3_200 }, readyAt: 3_250 };

it("is what the server would have kept, its way to being alone included", () => {
  expect(makeLoneWake(request, { start, at: 3_260 })?.wake).toEqual({
    id: expect.stringMatching(/^wk_0000000rs[0-9a-f]{10}$/),
    app: "shop",
    environment: "production",
    service: "web",
    workload: "abc",
    cause: { kind: "request", by: "curl" },
    startedAt: 1_000,
    endedAt: 3_250,
    state: "succeeded",
    reason: null,
    phases: [
      { phase: "queue", durationMs: 2_000 },
      { phase: "create", durationMs: 10 },
      { phase: "start", durationMs: 190 },
      { phase: "ready", durationMs: 50 },
    ],
    current: null,
  });
});

it("has one name for all who saw the same instance come up", () => {
  const one = makeLoneWake(request, { start, at: 3_260 });
  const other = makeLoneWake(
    { ...request, at: 2_000 },
    { start: { ...start, marks: { ...start.marks, askedAt: 3_005, listeningAt: null } }, at: 3_300 },
  );
  expect(other?.name).toBe(one?.name);
});

it("says why it failed, and how far it came", () => {
  const error = new BerthError("runtime.failed", "It did not come up: it has ended.");
  const failed = { ...start, marks: { ...start.marks, listeningAt: null }, readyAt: null };
  expect(makeLoneWake(request, { start: failed, error, at: 4_000 })?.wake).toMatchObject({
    state: "failed",
    reason: "It did not come up: it has ended.",
    endedAt: 4_000,
    phases: [{ phase: "queue" }, { phase: "create" }],
  });
  const refused = { ...failed, marks: { askedAt: 3_000, startedAt: null, listeningAt: null } };
  const [one, other] = [1_000, 1_500].map((at) =>
    makeLoneWake({ ...request, at }, { start: refused, error, at: 4_000 }),
  );
  expect(one?.wake).toMatchObject({ state: "failed", phases: [{ phase: "queue", durationMs: 2_000 }] });
  expect(other?.name).toBe(one?.name);
});

it("is none where the instance was up before, or another router has started it", () => {
  expect(makeLoneWake(request, { start: null, at: 1_001 })).toBeNull();
  expect(makeLoneWake(request, { start: { ...start, readyAt: 900 }, at: 1_001 })).toBeNull();
});
