import type { Pod } from "@berth/cluster";
import { expect, it } from "vitest";
import { judgePod } from "./pod-trouble.ts";

const createdAt = Date.parse("2026-01-02T03:04:05Z");
const images = [
  { name: "steps", image: "registry/shop@sha256:1" },
  { name: "berth", image: "registry/berth@sha256:2" },
];

type Status = NonNullable<Pod["status"]>;

function judge(status: Status, afterMs: number) {
  const metadata = { name: "shop-1", namespace: "berth-builds", creationTimestamp: new Date(createdAt).toISOString() };
  return judgePod({ apiVersion: "v1", kind: "Pod", metadata, spec: {}, status }, images, createdAt + afterMs);
}

const unscheduled = (message: string): Status => ({
  phase: "Pending",
  conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
});
const waiting = (name: string, reason: string, message: string): Status => ({
  phase: "Pending",
  containerStatuses: [{ name, restartCount: 0, state: { waiting: { reason, message } } }],
});
const ended = (name: string, exitCode: number, reason = "Error"): Status => ({
  phase: "Running",
  containerStatuses: ["steps", "berth"].map((each) => ({
    name: each,
    restartCount: 0,
    state: each === name ? { terminated: { exitCode, reason } } : { running: {} },
  })),
});

it("says nothing of a pod that is on its way, or runs", () => {
  expect(judge({ phase: "Pending" }, 5_000)).toEqual({ kind: "going", waitsFor: null });
  expect(judge(ended("none", 0), 5_000)).toEqual({ kind: "going", waitsFor: null });
});

it("waits long for room on a node, and says what is missing", () => {
  const status = unscheduled("0/3 nodes are available: 3 Insufficient memory.");
  const reason = "fits on none of the cluster's 3 nodes: 3 without enough memory";
  expect(judge(status, 300_000)).toEqual({ kind: "going", waitsFor: reason });
  expect(judge(status, 700_000)).toEqual({ kind: "stuck", reason, isVolume: false });
});

it("gives up early where there is no volume to be had", () => {
  const status = unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.");
  expect(judge(status, 150_000)).toMatchObject({ kind: "stuck", isVolume: true });
});

it("names the image that cannot be pulled, and why", () => {
  const status = waiting("berth", "ImagePullBackOff", 'failed to resolve reference "x": not found');
  expect(judge(status, 5_000)).toMatchObject({ kind: "going" });
  expect(judge(status, 30_000)).toEqual({
    kind: "stuck",
    reason: "cannot start: its image registry/berth@sha256:2 cannot be pulled: the registry does not have it",
    isVolume: false,
  });
});

it("tells what the app's own steps have done apart from what befell the pod", () => {
  expect(judge(ended("steps", 137, "OOMKilled"), 0)).toMatchObject({
    kind: "failed",
    failure: { message: expect.stringMatching(/^The build took more than its 4.* of memory/) },
  });
  expect(judge(ended("berth", 1), 0)).toEqual({
    kind: "ended",
    reason: "has ended before the build did (exit code 1)",
  });
  const evicted = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory." };
  expect(judge(evicted, 0)).toEqual({
    kind: "ended",
    reason: "was evicted from its node: the node was low on resource: memory",
  });
});
