import { expect, it } from "vitest";
import { type InstanceMarks, wakeProgress } from "./wake.ts";

const marks = (more: Partial<InstanceMarks> = {}) => ({ askedAt: 1_004, startedAt: null, listeningAt: null, ...more });
const told = (...args: Parameters<typeof wakeProgress>) => {
  const { phases, current } = wakeProgress(...args);
  return `${phases.map(({ phase, durationMs }) => `${phase} ${durationMs}`).join(", ")} | ${current}`;
};
const starting = (more: Partial<InstanceMarks>) => ({ state: "starting" as const, readyAt: null, marks: marks(more) });

it("tells the phases that are over and the one that it is in", () => {
  expect(told(1_000, null)).toBe(" | queue");
  expect(told(1_000, null, 1_004)).toBe("queue 4 | create");
  expect(told(1_000, starting({}))).toBe("queue 4 | create");
  expect(told(1_000, starting({ scheduledAt: null, pulledAt: null }))).toBe("queue 4 | schedule");
  expect(told(1_000, starting({ startedAt: 1_020 }))).toBe("queue 4, create 16 | start");
  const ready = { state: "ready" as const, readyAt: 1_900, marks: marks({ startedAt: 1_020, listeningAt: 1_800 }) };
  expect(told(1_000, ready)).toBe("queue 4, create 16, start 780, ready 100 | null");
});

it("counts what nobody saw into the phase after it", () => {
  const ready = {
    state: "ready" as const,
    readyAt: 3_000,
    marks: marks({ scheduledAt: 1_100, pulledAt: null, startedAt: 2_000 }),
  };
  expect(told(1_000, ready)).toBe("queue 4, schedule 96, create 900, ready 1000 | null");
});

it("takes no time for what was seen out of order, or was there before", () => {
  const ready = {
    state: "ready" as const,
    readyAt: 900,
    marks: marks({ askedAt: 800, startedAt: 850, listeningAt: 840 }),
  };
  expect(told(1_000, ready)).toBe("queue 0, create 0, start 0, ready 0 | null");
  expect(told(1_000, { state: "ready", readyAt: 1_500 })).toBe("ready 500 | null");
});
