import { expect, it } from "vitest";
import { logLineText } from "./log-line-text.ts";

const time = "2026-11-23T17:19:47.525Z";
const err = {
  type: "SocketError",
  message: "other side closed",
  stack: "SocketError: other side closed\n    at a.ts:1:2",
};

it("tells a warning in one line", () => {
  const line = { level: 40, time, part: "router", app: "shop", path: "/a b", err, msg: "an instance did not answer" };
  expect(logLineText(JSON.stringify(line))).toBe(
    '17:19:47 warn router: an instance did not answer: other side closed app=shop path="/a b"',
  );
});

it("shows where an error comes from", () => {
  expect(logLineText(JSON.stringify({ level: 50, time, err, msg: err.message }))).toBe(
    "17:19:47 error other side closed\n    at a.ts:1:2",
  );
});

it("lets nothing through that steers a terminal", () => {
  const line = { level: 30, time, msg: "\u001b[2J", path: "\u001b[1m", stage: "\u009b1m" };
  expect(logLineText(JSON.stringify(line))).not.toMatch(/\p{Cc}/u);
});
