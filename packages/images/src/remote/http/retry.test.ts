import { describe, expect, it, test } from "vitest";
import { baseFailure } from "../failures.ts";
import { readReference } from "../fetch/reference.ts";
import { defaultLimits } from "../limits.ts";
import { registryPlace } from "../places/place.ts";
import { PlacesFailed } from "../places/places.ts";
import { failureOf, signal } from "../testing/remote.ts";
import { networkProblem } from "./network-problem.ts";
import { RemoteProblem } from "./problem.ts";
import type { ProblemKind, ProblemOptions } from "./problem.ts";
import { readRetryAfter } from "./refusal.ts";
import { pauseAfter, retry } from "./retry.ts";

const problem = (kind: ProblemKind, options: ProblemOptions = {}) =>
  new RemoteProblem(kind, "https://a.example", "fails", options);
const random = (byte: number) => ({ bytes: () => Uint8Array.of(byte) });

/** Waits in no time, and remembers for how long. */
function makeClock() {
  const pauses: number[] = [];
  return { pauses, clock: { now: () => 0, sleep: async (ms: number) => void pauses.push(ms) } };
}

describe("a pause", () => {
  test.each([
    [1, 0, 250],
    [1, 255, 500],
    [3, 0, 1000],
    [3, 255, 2000],
    [20, 255, defaultLimits.longestPauseMs],
  ])("after failure %i and with chance %i is %i ms", (failures, chance, ms) => {
    expect(pauseAfter(problem("failed"), failures, defaultLimits, random(chance))).toBe(ms);
  });

  it("is as long as the registry wants, unless that is too long", () => {
    expect(pauseAfter(problem("busy", { retryAfterMs: 30_000 }), 1, defaultLimits, random(0))).toBe(30_000);
    expect(pauseAfter(problem("busy", { retryAfterMs: 61_000 }), 1, defaultLimits, random(0))).toBeNull();
  });

  test.each(["not-found", "unauthorised", "refused", "unknown", "untrusted", "malformed", "corrupt"] as const)(
    "does not help against what is %s",
    (kind) => {
      expect(pauseAfter(problem(kind), 1, defaultLimits, random(0))).toBeNull();
    },
  );

  test.each([
    ["120", 120_000],
    ["Wed, 21 Oct 2015 07:28:30 GMT", 30_000],
    ["Wed, 21 Oct 2015 07:00:00 GMT", 0],
    ["soon", null],
    [undefined, null],
  ])("%j is %j ms", (header, ms) => {
    expect(readRetryAfter(header, Date.parse("Wed, 21 Oct 2015 07:28:00 GMT"))).toBe(ms);
  });
});

describe("a name", () => {
  const failing = (code: string) => Object.assign(new Error(`getaddrinfo ${code}`), { code });

  it.each([
    ["that nobody knows is told at once", "ENOTFOUND", 0],
    ["that no name server answers for is asked again", "EAI_AGAIN", 3],
  ])("%s", async (_, code, asked) => {
    const { clock, pauses } = makeClock();
    const deps = { clock, random: random(255), limits: defaultLimits };
    const ask = () => Promise.reject(networkProblem(failing(code), "https://ghrc.io"));
    expect(await failureOf(retry(deps, 4, signal, ask))).toMatchObject({ said: expect.stringContaining(code) });
    expect(pauses).toHaveLength(asked);
  });

  it("that nobody knows is what the hint is about", () => {
    const problem = networkProblem(failing("ENOTFOUND"), "https://ghrc.io");
    if (problem === null) throw new Error("it is a failure of the network");
    const failed = new PlacesFailed([{ place: registryPlace("ghrc.io"), problem }]);
    expect(
      baseFailure(readReference("ghrc.io/team/base:1", new Map()), failed, { digest: null, tags: [] }),
    ).toMatchObject({
      code: "registry.failed",
      message: expect.stringContaining("nobody knows its name"),
      hint: expect.stringMatching(/^Look at the name: no name server knows ghrc\.io\./),
    });
  });
});

describe("work that fails", () => {
  it("is tried a number of times, with growing pauses", async () => {
    const { clock, pauses } = makeClock();
    const deps = { clock, random: random(255), limits: defaultLimits };
    const last = problem("failed");
    expect(await failureOf(retry(deps, 4, signal, () => Promise.reject(last)))).toBe(last);
    expect(pauses).toEqual([500, 1000, 2000]);
  });

  it("is tried anew from the first pause on where it got on", async () => {
    const { clock, pauses } = makeClock();
    const deps = { clock, random: random(255), limits: defaultLimits };
    const result = await retry(deps, 2, signal, async ({ number, progress }) => {
      if (number < 5) {
        progress();
        throw problem("broken");
      }
      return number;
    });
    expect(result).toBe(5);
    expect(pauses).toEqual([500, 500, 500, 500]);
  });

  it("is not tried again for what is no problem of the registry", async () => {
    const { clock, pauses } = makeClock();
    const deps = { clock, random: random(255), limits: defaultLimits };
    const full = Object.assign(new Error("no space"), { code: "ENOSPC" });
    expect(await failureOf(retry(deps, 4, signal, () => Promise.reject(full)))).toBe(full);
    expect(pauses).toEqual([]);
  });

  it("ends with the reason of whoever does not want it any more", async () => {
    const wanted = new AbortController();
    const reason = new Error("enough");
    const clock = { now: () => 0, sleep: async () => wanted.abort(reason) };
    const deps = { clock, random: random(255), limits: defaultLimits };
    expect(await failureOf(retry(deps, 4, wanted.signal, () => Promise.reject(problem("failed"))))).toBe(reason);
  });
});
