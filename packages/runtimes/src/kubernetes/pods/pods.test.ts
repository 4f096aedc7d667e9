import type { ContainerStatus, Pod, PodStatus } from "@berth/cluster";
import type { IdentifiedWorkload } from "@berth/core";
import { describe, expect, it } from "vitest";
import { makeObserved } from "../../instances/observed.ts";
import { nothingFound } from "../../instances/probes.ts";
import { deploymentFailure, refusalText } from "./deployment-failure.ts";
import { makePodInstance, runOf } from "./instance.ts";

const created = "2026-11-29T10:00:00Z";
const started = "2026-11-29T10:00:03Z";
const ended = "2026-11-29T10:05:00Z";
const at = (text: string) => Date.parse(text);
const image = "localhost:5055/berth/shop@sha256:aa";
const workload: IdentifiedWorkload = {
  id: "1f0c3aa21f0c3aa21f0c",
  app: "shop",
  environment: "production",
  service: "web",
  kind: "service",
  image: "sha256:aa",
  command: { argv: ["node", "server.js"] },
  env: {},
  resources: { cpuMillis: 250, memoryBytes: 64 * 2 ** 20 },
  health: { path: "/healthz", timeoutMs: 30_000 },
  stopGraceMs: 10_000,
};

function makePod(status: PodStatus, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "web-1f0c-x", namespace: "berth-shop", uid: "u1", creationTimestamp: created, ...metadata },
    spec: { nodeName: "node1" },
    status: { podIP: "10.244.0.9", ...status },
  };
}

const app = (container: Partial<ContainerStatus>): PodStatus => ({
  phase: "Running",
  containerStatuses: [{ name: "app", restartCount: 0, ...container }],
});

const observe = (pod: Pod, lastLines: string[] = [], trustsKubelet = true) => {
  const instance = makePodInstance(pod, workload, { image, port: 8080 }, { ready: null, lastLines, trustsKubelet });
  return {
    instance,
    observed: makeObserved(instance, true, { ...nothingFound, reason: instance.pending?.reason ?? null }),
  };
};

describe("a pod as an instance", () => {
  it("is ready, and reached at its address, when its kubelet says so", () => {
    const running = app({ state: { running: { startedAt: started } } });
    const ready = { type: "Ready", status: "True", lastTransitionTime: "2026-11-29T10:00:04Z" };
    expect(observe(makePod({ ...running, conditions: [ready] })).observed).toMatchObject({
      id: "web-1f0c-x",
      state: "ready",
      startedAt: at(started),
      readyAt: at("2026-11-29T10:00:04Z"),
      endpoint: { host: "10.244.0.9", port: 8080 },
      reason: null,
    });
    expect(observe(makePod(running)).observed).toMatchObject({ state: "starting", endpoint: null });
    // Where nobody knows yet whether pods can be reached from here.
    const alone = observe(makePod({ ...running, conditions: [ready] }), [], false);
    expect(alone.observed).toMatchObject({ state: "starting", endpoint: null });
  });

  it.each([null, { path: "/", timeoutMs: 30_000 }])("is not where its kubelet asks less than we do: %j", (health) => {
    const running = app({ state: { running: { startedAt: started } } });
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime: "2026-11-29T10:00:04Z" }];
    const place = { image, port: 8080 };
    const known = { ready: null, lastLines: [], trustsKubelet: true };
    const instance = makePodInstance(makePod({ ...running, conditions }), { ...workload, health }, place, known);
    expect(instance.readyAt).toBeNull();
  });

  it("is ready as soon as it has answered a probe of ours, and not for longer than that run", () => {
    const pod = makePod(app({ state: { running: { startedAt: started } } }));
    const known = { ready: { at: at(started) + 40, host: "10.244.0.9" }, lastLines: [], trustsKubelet: true };
    const instance = makePodInstance(pod, workload, { image, port: 8080 }, known);
    expect(makeObserved(instance, true)).toMatchObject({ state: "ready", readyAt: at(started) + 40 });
    expect(runOf(pod)).not.toBe(runOf(makePod(app({ restartCount: 1, state: {} }))));
  });

  it("is stopping once the cluster was asked to remove it", () => {
    const status = app({ state: { running: { startedAt: started } } });
    expect(observe(makePod(status, { deletionTimestamp: ended })).observed).toMatchObject({
      state: "stopping",
      endpoint: null,
    });
  });

  it.each([
    [{ exitCode: 3 }, [], "it exited with code 3"],
    [{ exitCode: 139 }, [], "it was killed by SIGSEGV"],
    [{ exitCode: 137, reason: "OOMKilled" }, [], "it used more memory than its 64 MiB and was stopped"],
    [
      {
        exitCode: 128,
        reason: "StartError",
        message:
          'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "serve": executable file not found in $PATH: unknown',
      },
      [],
      'it could not be started: the command "serve" was not found',
    ],
    [
      { exitCode: 1 },
      ["Error: EROFS: read-only file system, open '/app/cache.txt'"],
      "it exited with code 1: it may not write to /app/cache.txt, which is read-only",
    ],
  ])("says how it ended: %j", (terminated, lines, reason) => {
    const state = { terminated: { startedAt: started, finishedAt: ended, ...terminated } };
    const observed = observe(makePod(app({ state })), lines).observed;
    expect(observed).toMatchObject({ state: "exited", reason });
    expect(observed.lastExit?.at).toBe(at(ended));
  });

  it("has exited while the cluster waits before it starts it again, and tells of the last end", () => {
    const waiting = { reason: "CrashLoopBackOff", message: "back-off 10s restarting failed container" };
    const status = app({
      restartCount: 2,
      state: { waiting },
      lastState: { terminated: { exitCode: 7, finishedAt: ended } },
    });
    expect(observe(makePod(status)).observed).toMatchObject({
      state: "exited",
      restarts: 2,
      reason: "it exited with code 7",
    });
  });

  it("says that its node evicted it, or was lost", () => {
    const evicted = { phase: "Failed", reason: "Evicted", message: "The node was low on resource: memory. " };
    expect(observe(makePod(evicted)).observed.reason).toBe(
      "it was evicted from its node: the node was low on resource: memory",
    );
    expect(observe(makePod({ phase: "Failed", reason: "NodeLost" })).observed.reason).toBe("it was lost with its node");
  });
});

describe("a pod that has not started its program", () => {
  const pending = (pod: Pod) => observe(pod).instance.pending;
  const unschedulable = (message: string): PodStatus => ({
    phase: "Pending",
    conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }],
  });

  it.each([
    [
      "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found.",
      "it fits on none of the cluster's nodes (there is 1): 1 without enough processor time",
    ],
    [
      "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
      "it fits on none of the cluster's nodes (there is 1): 1 without enough processor time",
    ],
    [
      "0/3 nodes are available: 1 Insufficient memory, 2 Too many pods.",
      "it fits on none of the cluster's 3 nodes: 1 without enough memory, 2 without room for another pod",
    ],
    [
      "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
      "it fits on none of the cluster's 2 nodes: 2 of another architecture than its image",
    ],
  ])("says what no node has: %s", (message, reason) => {
    expect(pending(makePod(unschedulable(message)))).toEqual({
      reason,
      givenUpAt: at(created) + 120_000,
      patienceMs: 120_000,
    });
  });

  it.each([
    [
      "ErrImagePull",
      'failed to resolve reference "localhost:5055/x": localhost:5055/x: not found',
      "the registry does not have it",
    ],
    [
      "ImagePullBackOff",
      "pull access denied: authorization failed: no basic auth credentials",
      "the registry refuses the node",
    ],
    [
      "ErrImagePull",
      'failed to do request: Head "http://localhost:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused',
      "the node does not reach the registry (connect: connection refused)",
    ],
  ])("says why its image cannot be pulled: %s %s", (reason, message, cause) => {
    const status = { ...app({ state: { waiting: { reason, message } } }), phase: "Pending" };
    expect(pending(makePod(status))).toEqual({
      reason: `its image ${image} cannot be pulled: ${cause}`,
      givenUpAt: at(created) + 20_000,
      patienceMs: null,
    });
  });

  it("has time as long as it is only being prepared", () => {
    const status = { ...app({ state: { waiting: { reason: "ContainerCreating" } } }), phase: "Pending" };
    expect(pending(makePod(status))).toEqual({
      reason: "it is being prepared on node1",
      givenUpAt: at(created) + 600_000,
      patienceMs: null,
    });
  });
});

describe("a Deployment whose pods are refused", () => {
  const refused = (message: string) =>
    deploymentFailure({
      status: { conditions: [{ type: "ReplicaFailure", status: "True", reason: "FailedCreate", message }] },
    });

  it("says that the quota is reached, and by what", () => {
    const message =
      'pods "web-1f0c-x" is forbidden: exceeded quota: environment, requested: limits.memory=512Mi, used: limits.memory=3584Mi, limited: limits.memory=4Gi';
    expect(refused(message)).toBe(
      "it needs more than the environment's quota allows: it asks for limits.memory=512Mi, limits.memory=3584Mi are in use, and limits.memory=4Gi is the limit",
    );
  });

  it("says what Pod Security does not allow", () => {
    expect(
      refusalText(
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true (pod must not run as root)',
      ),
    ).toBe('it may not run so under Pod Security "restricted:latest": runAsNonRoot != true (pod must not run as root)');
  });

  it("is none where pods are made", () => {
    expect(deploymentFailure({ status: { conditions: [{ type: "Available", status: "True" }] } })).toBeNull();
  });
});
