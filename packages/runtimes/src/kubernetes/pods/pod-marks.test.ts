import type { Pod } from "@berth/cluster";
import { expect, it } from "vitest";
import { PodMarks, pullDurationMs } from "./pod-marks.ts";

const pod = (nodeName?: string, isRunning = false, isReady = false): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web-1" },
  spec: nodeName === undefined ? {} : { nodeName },
  status: isRunning
    ? {
        conditions: [{ type: "Ready", status: isReady ? "True" : "False" }],
        containerStatuses: [
          { name: "app", restartCount: 0, state: { running: { startedAt: "2026-01-01T00:00:00Z" } } },
        ],
      }
    : {},
});

it("marks when a pod was seen to have got further, and no later run", () => {
  const marks = new PodMarks(pod(), 1_000, 1_020);
  expect(marks.marks(null, 0)).toEqual({ askedAt: 1_000, scheduledAt: null, startedAt: null, listeningAt: null });
  expect(marks.take(pod("node1"), 1_050)).toBe(false);
  expect(marks.take(pod("node1", true), 3_050)).toBe(true);
  expect(marks.take(pod("node1", true), 3_100)).toBe(false);
  const seen = { askedAt: 1_000, scheduledAt: 1_050, startedAt: 3_050, listeningAt: 3_200 };
  expect(marks.marks(3_200, 0)).toEqual(seen);
  marks.pulled(1_500);
  expect(marks.marks(3_200, 0)).toEqual({ ...seen, pulledAt: 2_550 });
  expect(marks.marks(3_200, 1)).toBeUndefined();
});

it("takes what the kubelet finds ready for listening", () => {
  const marks = new PodMarks(pod("node1"), 1_000, 1_020);
  marks.take(pod("node1", true), 1_400);
  expect(marks.marks(null, 0)?.listeningAt).toBeNull();
  marks.take(pod("node1", true, true), 1_600);
  marks.take(pod("node1", true, true), 1_700);
  expect(marks.marks(null, 0)?.listeningAt).toBe(1_600);
  expect(marks.marks(1_500, 0)?.listeningAt).toBe(1_500);
});

it("asks for the image only where the start was slow, and knows nothing of what ran before", () => {
  const quick = new PodMarks(pod("node1"), 1_000, 1_020);
  expect(quick.take(pod("node1", true), 1_400)).toBe(false);
  const before = new PodMarks(pod("node1", true), 1_000, 1_020);
  expect(before.marks(1_100, 0)).toBeUndefined();
});

it.each([
  ['Successfully pulled image "a@sha256:1" in 812ms (1.2s including waiting). Image size: 5 bytes.', 1_200],
  ['Successfully pulled image "a" in 812.5ms', 813],
  ['Successfully pulled image "a" in 1m2.5s (1m2.5s including waiting)', 62_500],
  ['Container image "a" already present on machine', 0],
  ["Pulling image", null],
])("%s: %s", (message, durationMs) => {
  expect(pullDurationMs(message)).toBe(durationMs);
});
