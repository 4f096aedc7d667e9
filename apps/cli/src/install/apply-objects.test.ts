import type { KubeObject } from "@berth/cluster";
import { expect, it } from "vitest";
import { applyObjects } from "./apply-objects.ts";

const ofServer = { "app.kubernetes.io/managed-by": "berth", "kubernetes.io/metadata.name": "berth-system" };

/** Applies a namespace where there is one with these labels, and tells what was applied. */
async function applyOver(labels: Record<string, string>): Promise<string[]> {
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "berth-system" } };
  const applied: string[] = [];
  const cluster = {
    get: async <T extends KubeObject>() =>
      ({ ...namespace, metadata: { ...namespace.metadata, labels } }) as unknown as T,
    apply: async <T extends KubeObject>(object: T) => {
      applied.push(object.metadata.name);
      return object;
    },
  };
  await applyObjects(cluster, [namespace], new AbortController().signal);
  return applied;
}

it("takes over the namespace that a server elsewhere has made for its Lease", async () => {
  expect(await applyOver(ofServer)).toEqual(["berth-system"]);
});

it.each([
  ["of somebody else", {}],
  ["of an environment", { ...ofServer, "dev.berth/environment": "production" }],
])("leaves a namespace %s alone", async (_, labels) => {
  await expect(applyOver(labels)).rejects.toMatchObject({ code: "conflict", path: "Namespace berth-system" });
});
