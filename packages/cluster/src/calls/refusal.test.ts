import { describe, expect, it } from "vitest";
import type { Call } from "./call.ts";
import { fieldConflictsOf, isPassingConflict, readRefusal, refusalOf, toClusterError } from "./refusal.ts";

const apply: Call = {
  verb: "patch",
  resource: "deployments.apps",
  namespace: "shop",
  subject: "Deployment shop/web",
  path: "/apis/apps/v1/namespaces/shop/deployments/web",
  repeatable: true,
};

function errorOf(status: number, body: object | string, call = apply) {
  return toClusterError(readRefusal(status, typeof body === "string" ? body : JSON.stringify(body)), call);
}

describe("isPassingConflict", () => {
  const busy = readRefusal(409, JSON.stringify({ reason: "Conflict", message: "the object has been modified" }));

  it("is what an apply meets while others write to the object", () => {
    expect(isPassingConflict(busy, { verb: "patch", body: { metadata: { name: "web" } } })).toBe(true);
  });

  it("is none where a version was named, where another manager has the fields, or where the object is there already", () => {
    const body = { metadata: { resourceVersion: "7" } };
    expect(isPassingConflict(busy, { verb: "patch", body })).toBe(false);
    const steps = [{ op: "replace", path: "/metadata/resourceVersion", value: "7" }];
    expect(isPassingConflict(busy, { verb: "patch", body: steps })).toBe(false);
    expect(isPassingConflict(busy, { verb: "patch", body: [{ op: "remove", path: "/metadata/labels/team" }] })).toBe(
      true,
    );
    expect(isPassingConflict(busy, { verb: "create", body: {} })).toBe(false);
    const causes = [{ reason: "FieldManagerConflict", message: 'conflict with "hpa"', field: ".spec.replicas" }];
    const taken = readRefusal(409, JSON.stringify({ reason: "Conflict", details: { causes } }));
    expect(isPassingConflict(taken, { verb: "patch", body: {} })).toBe(false);
  });
});

describe("toClusterError", () => {
  it("names the other manager and the fields of a conflict", () => {
    const error = errorOf(409, {
      reason: "Conflict",
      message: "Apply failed with 2 conflicts",
      details: {
        causes: [
          { reason: "FieldManagerConflict", message: 'conflict with "kubectl" using apps/v1', field: ".spec.replicas" },
          {
            reason: "FieldManagerConflict",
            message: 'conflict with "hpa" with subresource "scale" using autoscaling/v1',
            field: ".spec.paused",
          },
        ],
      },
    });
    expect(error).toMatchObject({
      code: "cluster.conflict",
      message: "kubectl and hpa manages .spec.replicas, .spec.paused of Deployment shop/web.",
      details: ["kubectl: .spec.replicas", "hpa: .spec.paused"],
    });
    expect(fieldConflictsOf(error)).toEqual([
      { manager: "kubectl", field: ".spec.replicas" },
      { manager: "hpa", field: ".spec.paused" },
    ]);
  });

  it("names verb, resource and namespace of a right that is missing", () => {
    const message =
      'deployments.apps "web" is forbidden: User "x" cannot patch resource "deployments" in API group "apps" in the namespace "shop"';
    expect(errorOf(403, { reason: "Forbidden", message })).toMatchObject({
      code: "cluster.forbidden",
      message: "Berth may not patch deployments.apps in namespace shop.",
      details: [message],
    });
  });

  it("does not take a cluster that has just come up for one that refuses", () => {
    const right =
      'secrets "web" is forbidden: User "x" cannot get resource "secrets" in API group "" in the namespace "shop"';
    const missing = (role: string) => `${right}: RBAC: [clusterrole.rbac.authorization.k8s.io "${role}" not found]`;
    const codeOf = (role: string) => errorOf(403, { reason: "Forbidden", message: missing(role) }).code;
    expect([codeOf("system:basic-user"), codeOf("berth")]).toEqual(["cluster.busy", "cluster.forbidden"]);
  });

  it("tells what an admission refuses from a missing right", () => {
    const message =
      'pods "web" is forbidden: exceeded quota: objects, requested: pods=1, used: pods=2, limited: pods=2';
    expect(errorOf(403, { reason: "Forbidden", message })).toMatchObject({ code: "cluster.invalid" });
  });

  it("says that a namespace is on its way out", () => {
    const details = { causes: [{ reason: "NamespaceTerminating", message: "", field: "metadata.namespace" }] };
    expect(errorOf(403, { reason: "Forbidden", message: "no", details })).toMatchObject({
      code: "cluster.terminating",
      message: "Namespace shop is being removed.",
    });
  });

  it("lists what is invalid, field by field", () => {
    const details = { causes: [{ reason: "FieldValueInvalid", message: "Invalid value: -1", field: "spec.replicas" }] };
    expect(errorOf(422, { reason: "Invalid", message: "is invalid", details })).toMatchObject({
      code: "cluster.invalid",
      details: ["spec.replicas: Invalid value: -1"],
    });
  });

  it("gives the words of whoever answers in plain text", () => {
    const error = errorOf(503, "upstream connect error\n");
    expect(error).toMatchObject({
      code: "cluster.busy",
      message: "The cluster could not patch deployments.apps in namespace shop: upstream connect error (503).",
    });
    expect(refusalOf(error)).toMatchObject({ status: 503, reason: "", causes: [] });
  });

  it("tells an unknown caller from one without the right", () => {
    expect(errorOf(401, { message: "Unauthorized" })).toMatchObject({ code: "cluster.forbidden" });
  });
});
