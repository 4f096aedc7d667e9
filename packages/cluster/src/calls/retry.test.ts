import { describe, expect, it } from "vitest";
import type { Call } from "./call.ts";
import { retryPauseMs } from "./retry.ts";
import type { Failure } from "./retry.ts";

const random = { bytes: (count: number) => new Uint8Array(count).fill(255) };

function pause(failure: Failure, { repeatable = true, attempts = 1, leftMs = 30_000 } = {}): number | null {
  const call: Call = { verb: "get", resource: "pods", namespace: null, subject: "Pod a/b", path: "/", repeatable };
  return retryPauseMs(call, failure, attempts, leftMs, random);
}

const busy: Failure = { kind: "answered", status: 429, retryAfterMs: 1_000 };
const broken: Failure = { kind: "answered", status: 503, retryAfterMs: null };

describe("retryPauseMs", () => {
  it("waits as long as it is asked to and a little more", () => {
    expect(pause(busy)).toBe(1_200);
    expect(pause(broken)).toBe(200);
    expect(pause(broken, { attempts: 3 })).toBe(800);
  });

  it("gives up after five attempts, and where the time left would not do", () => {
    expect(pause(broken, { attempts: 5 })).toBeNull();
    expect(pause(busy, { leftMs: 1_100 })).toBeNull();
  });

  it("sends what may not be done twice again only where it was not done", () => {
    expect(pause(busy, { repeatable: false })).not.toBeNull();
    expect(pause({ kind: "unreachable", certainty: "unsent" }, { repeatable: false })).not.toBeNull();
    expect(pause({ kind: "unreachable", certainty: "unknown" }, { repeatable: false })).toBeNull();
    expect(pause({ kind: "unreachable", certainty: "unknown" })).not.toBeNull();
    expect(pause(broken, { repeatable: false })).toBeNull();
  });

  it("sends again what others came in the way of, where that does no harm", () => {
    const conflict: Failure = { kind: "answered", status: 409, retryAfterMs: null };
    expect(pause(conflict)).toBe(200);
    expect(pause(conflict, { repeatable: false })).toBeNull();
  });

  it("does not repeat what fails for good", () => {
    expect(pause({ kind: "unreachable", certainty: "final" })).toBeNull();
    expect(pause({ kind: "answered", status: 404, retryAfterMs: null })).toBeNull();
  });
});
