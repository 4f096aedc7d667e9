import { describe, expect, it } from "vitest";
import type { Listening } from "./listening.ts";
import type { Probe } from "./probe.ts";
import { durationText, whyNotReady } from "./reasons.ts";

const cases: [Probe, Listening[], string][] = [
  [{ kind: "refused" }, [], "it has not answered on PORT 20001: nothing listens there"],
  [
    { kind: "refused" },
    [
      { host: "0.0.0.0", port: 9229 },
      { host: "0.0.0.0", port: 3000 },
      { host: "::", port: 3000 },
    ],
    "it listens on 3000 and 9229 instead of $PORT (20001)",
  ],
  [
    { kind: "refused" },
    [{ host: "10.0.0.5", port: 20_001 }],
    "it listens on 10.0.0.5 only; it should listen on 0.0.0.0 or localhost, port $PORT (20001)",
  ],
  [{ kind: "silent" }, [], "it accepts connections on PORT 20001 but has not answered /up"],
  [{ kind: "answered", host: "::1", status: 503 }, [], "it answers 503 on /up; anything below 500 counts as healthy"],
];

describe("whyNotReady", () => {
  it.each(cases)("%j %j", (probe, listening, reason) => {
    expect(whyNotReady(probe, { ownPort: 20_001, isOnLoopback: true }, "/up", listening)).toEqual({
      reason,
      isElsewhere: reason.startsWith("it listens"),
    });
  });

  it("says that an instance with an address of its own has to listen on more than its loopback", () => {
    const target = { ownPort: 8_080, isOnLoopback: false };
    const listening = [{ host: "127.0.0.1", port: 8_080 }];
    const reason = "it listens on 127.0.0.1 only; it should listen on 0.0.0.0, port $PORT (8080)";
    expect(whyNotReady({ kind: "refused" }, target, "/", listening)).toEqual({
      reason,
      isElsewhere: reason.startsWith("it listens"),
    });
    expect(whyNotReady({ kind: "silent" }, target, "/", listening), "behind a proxy").toMatchObject({ reason });
  });
});

describe("durationText", () => {
  it("speaks of milliseconds, seconds and minutes", () => {
    expect([40, 2_000, 60_000, 180_000].map(durationText)).toEqual(["40 ms", "2 s", "60 s", "3 min"]);
  });
});
