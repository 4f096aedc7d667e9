import type { OperationEvent } from "@berth/core";
import { expect, it } from "vitest";
import { makeStyle } from "../framework/output.ts";
import { filesText, liveText } from "./deploy-view.ts";

const style = makeStyle(false);
const started = (service: string, text: string): OperationEvent => ({
  seq: 1,
  at: 0,
  phase: "start",
  service,
  kind: "line",
  text,
  durationMs: null,
});

it("names the files that have changed, and no more than a few", () => {
  expect(filesText(["a.js"])).toBe("a.js");
  expect(filesText(["a.js", "b.js", "c.js"])).toBe("a.js, b.js, c.js");
  expect(filesText(["a.js", "b.js", "c.js", "d.js", "e.js"])).toBe("a.js, b.js, c.js and 2 more");
});

it("says which services were restarted, and which go on", () => {
  const events = [
    started("web", ""),
    started("web", "ready"),
    started("api", "unchanged, keeps running"),
    started("worker", "unchanged, keeps running"),
  ];
  const told = (files: string[]) => liveText({ version: 4 }, { files, events, tookMs: 212 }, style);
  expect(told(["web/server.js"])).toBe("✓ v4 in 212 ms  web/server.js  web restarted, api, worker go on");
  expect(told([])).toBe("✓ v4 in 212 ms");
});
