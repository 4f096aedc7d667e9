import type { KubeObject } from "@berth/cluster";
import { BerthError } from "@berth/core";
import { expect, it } from "vitest";
import { removeAdditions } from "./remove-additions.ts";

const desired: KubeObject = { apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "shop" } };

/** As somebody's label and the status of another have left it. */
function version(resourceVersion: string, statusAt: string): KubeObject {
  const byHand = { manager: "kubectl-label", operation: "Update", time: "2026-11-29T10:00:00Z" };
  const fieldsV1 = { "f:metadata": { "f:labels": { "f:team": {} } } };
  const status = {
    manager: "noisy-operator",
    operation: "Update",
    subresource: "status",
    time: statusAt,
    fieldsV1: {},
  };
  const managedFields = [{ ...byHand, fieldsV1 }, status];
  return { ...desired, metadata: { ...desired.metadata, resourceVersion, labels: { team: "me" }, managedFields } };
}

function cluster(conflicts: number) {
  let written = 1;
  const patched: unknown[] = [];
  return {
    patched,
    get: async <T>() => version(String(written), `2026-11-29T10:00:0${written}Z`) as T,
    patch: async <T>(_: unknown, patch: object) => {
      patched.push(patch);
      if (written++ <= conflicts) throw new BerthError("cluster.conflict", "Service shop/web is another by now");
      return desired as T;
    },
  };
}

it("reads again and takes it out of the newer version where somebody has written meanwhile", async () => {
  const at = cluster(2);
  expect(await removeAdditions(at, desired, version("1", "2026-11-29T10:00:01Z"))).toBe(desired);
  expect(at.patched.map((patch) => (patch as { value: unknown }[])[0]?.value)).toEqual(["1", "2", "3"]);
});

it("says who goes on writing", async () => {
  const removal = removeAdditions(cluster(100), desired, version("1", "2026-11-29T10:00:01Z"));
  await expect(removal).rejects.toMatchObject({
    code: "cluster.conflict",
    message: "noisy-operator changes Service shop/web while Berth puts it back.",
  });
});
