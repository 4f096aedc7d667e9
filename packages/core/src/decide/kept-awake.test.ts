import { expect, it } from "vitest";
import { keptAwakeBy } from "./kept-awake.ts";

const minuteMs = 60_000;
const requester = (agent: string, perHour: number) => ({ agent, network: "203.0.113.0/24", perHour, lastAt: 1 });
const robot = requester("UptimeRobot", 60);

it("names who alone keeps a service awake, the most eager first", () => {
  const requesters = [requester("Googlebot", 2), robot, requester("curl", 600)];
  const names = (awakeForMs: number) =>
    keptAwakeBy({ awakeForMs, idleMs: 5 * minuteMs, requesters }).map(({ agent }) => agent);
  expect(names(60 * minuteMs)).toEqual(["curl", "UptimeRobot"]);
  expect(names(10 * minuteMs)).toEqual([]);
});

it("names nobody where somebody uses it", () => {
  const requesters = [robot, requester("browser", 100)];
  expect(keptAwakeBy({ awakeForMs: 60 * minuteMs, idleMs: 5 * minuteMs, requesters })).toEqual([]);
});
