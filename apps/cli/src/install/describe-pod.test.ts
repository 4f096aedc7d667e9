import { expect, it } from "vitest";
import { describePod, type InstalledPod } from "./describe-pod.ts";

type Status = NonNullable<InstalledPod["status"]>;
type Container = NonNullable<Status["containerStatuses"]>[number];

function pod(status: Status): InstalledPod {
  const spec = { nodeName: "node1", containers: [{ image: "registry.example.com/berth@sha256:0" }] };
  return { apiVersion: "v1", kind: "Pod", metadata: { name: "server-0" }, spec, status };
}

function running(container: Partial<Container>): InstalledPod {
  return pod({ containerStatuses: [{ ready: false, restartCount: 0, ...container }] });
}

it.each<[string, InstalledPod, ReturnType<typeof describePod>]>([
  ["is ready", pod({ conditions: [{ type: "Ready", status: "True" }] }), { kind: "ready", text: "ready" }],
  [
    "has no node",
    pod({
      conditions: [
        {
          type: "PodScheduled",
          status: "False",
          message: "0/1 nodes are available: 1 Insufficient cpu. preemption: …",
        },
      ],
    }),
    { kind: "waiting", text: "waits for a node: 0/1 nodes are available: 1 Insufficient cpu" },
  ],
  [
    "has no image",
    running({ state: { waiting: { reason: "ImagePullBackOff", message: "not found" } } }),
    { kind: "failed", text: "node1 cannot pull registry.example.com/berth@sha256:0: not found" },
  ],
  [
    "is prepared",
    running({ state: { waiting: { reason: "ContainerCreating" } } }),
    { kind: "waiting", text: "is prepared on node1" },
  ],
  ["starts", running({ state: { running: {} } }), { kind: "waiting", text: "starts on node1" }],
  [
    "has ended once",
    running({
      restartCount: 1,
      state: { running: {} },
      lastState: { terminated: { exitCode: 1, message: "a\nerror: no" } },
    }),
    { kind: "waiting", text: "server-0 ended with exit code 1: a\nerror: no" },
  ],
  [
    "ends again and again",
    running({
      restartCount: 3,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 137, reason: "OOMKilled" } },
    }),
    { kind: "failed", text: "server-0 ended with exit code 137, out of memory" },
  ],
])("says of a pod that it %s", (_, seen, state) => {
  expect(describePod(seen)).toEqual(state);
});
