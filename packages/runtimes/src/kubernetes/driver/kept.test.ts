import type { KubeObject, ManagedFields } from "@berth/cluster";
import { expect, it } from "vitest";
import { keptOf } from "./kept.ts";

const entry = (manager: string, subresource?: string): ManagedFields => ({
  manager,
  operation: "Update",
  fieldsV1: { "f:spec": {} },
  ...(subresource !== undefined && { subresource }),
});

function made(...managedFields: ManagedFields[]): KubeObject {
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", labels: { a: "b" }, managedFields } };
}

const managersOf = (object: KubeObject) => object.metadata.managedFields?.map(({ manager }) => manager);

it("keeps who has set fields where somebody has by hand, ours beside them", () => {
  const object = made(entry("berth-deployer"), entry("kubectl-edit"));
  expect(keptOf(object)).toBe(object);
});

it("lets go of what tells of nobody's hand, but of who has set a number of instances", () => {
  const managers = [entry("berth-deployer"), entry("kube-controller-manager", "status"), entry("kubectl", "scale")];
  const kept = keptOf(made(...managers));
  expect(managersOf(kept)).toEqual(["kubectl"]);
  expect(kept.metadata.labels).toEqual({ a: "b" });
  expect(keptOf(made(entry("berth-deployer"))).metadata).not.toHaveProperty("managedFields");
});
