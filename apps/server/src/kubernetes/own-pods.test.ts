import type { KubeObject } from "@berth/cluster";
import { expect, it } from "vitest";
import { findOwnPods } from "./own-pods.ts";

function clusterWith(labels: Record<string, string>, name = "in-cluster") {
  const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: { name: "berth-0", labels } };
  const isOwn = (asked: { namespace: string | null; name: string }) =>
    asked.namespace === "berth-system" && asked.name === "berth-0";
  return {
    name,
    namespace: "berth-system",
    get: async <T extends KubeObject>(ref: { namespace: string | null; name: string }) =>
      (isOwn(ref) ? pod : null) as T | null,
  };
}

const own = { "app.kubernetes.io/name": "berth", "app.kubernetes.io/component": "server" };

it("a server in a pod is known by what its next pod has as well", async () => {
  const labels = { ...own, "controller-revision-hash": "berth-6b8", "statefulset.kubernetes.io/pod-name": "berth-0" };
  expect(await findOwnPods(clusterWith(labels), "berth-0")).toEqual({
    kind: "inside",
    namespace: "berth-system",
    labels: own,
  });
});

it("a server elsewhere is no pod, whatever its machine is called", async () => {
  expect(await findOwnPods(clusterWith(own, "production"), "berth-0")).toBeNull();
  expect(await findOwnPods(clusterWith(own), "node7")).toBeNull();
});

it("a server whose pod could be anybody's is told to have labels", async () => {
  await expect(findOwnPods(clusterWith({ run: "berth" }), "berth-0")).rejects.toMatchObject({
    code: "settings.invalid",
    path: "berth-system/berth-0",
  });
});
