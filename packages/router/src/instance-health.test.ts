import { expect, it } from "vitest";
import { InstanceHealth, type Outcome } from "./instance-health.ts";

const sawAll = (health: InstanceHealth, outcomes: readonly Outcome[]) => outcomes.map((outcome) => health.saw(outcome));

it("should be left out after five errors in a row, and after two connections that were not taken", () => {
  const erring = sawAll(new InstanceHealth(), ["erred", "erred", "erred", "erred", "erred"]);
  expect(erring).toEqual([false, false, false, false, true]);
  expect(sawAll(new InstanceHealth(), ["unreached", "unreached"])).toEqual([false, true]);
});

it("begins to count anew with each answer", () => {
  const outcomes: Outcome[] = [
    "erred",
    "erred",
    "erred",
    "erred",
    "answered",
    "erred",
    "unreached",
    "erred",
    "unreached",
  ];
  const health = new InstanceHealth();
  expect(sawAll(health, outcomes).some(Boolean)).toBe(false);
  expect(health.isGood).toBe(false);
  health.saw("answered");
  expect(health.isGood).toBe(true);
});

it("rests twice as long each time, up to a minute, and briefly again once it has done well for long", () => {
  const health = new InstanceHealth();
  let now = 1_000_000;
  const rests = Array.from({ length: 8 }, () => {
    const until = health.rest(now);
    const ms = until - now;
    expect(health.rests(until - 1)).toBe(true);
    expect(health.rests(until)).toBe(false);
    now = until;
    return ms;
  });
  expect(rests).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
  now += 300_000;
  expect(health.rest(now) - now).toBe(1_000);
});

it("is left out again by its first failure after a rest, and not once it has answered", () => {
  const health = new InstanceHealth();
  health.rest(0);
  expect(health.saw("unreached")).toBe(true);
  health.rest(1_000);
  health.saw("answered");
  expect(health.saw("erred")).toBe(false);
});
