import type { KubeObject } from "@berth/cluster";
import { foreignEntries } from "../drift/owners.ts";
import { ourManagers } from "./deps.ts";

/**
 * What is kept in memory of an object. Managed fields are more than half of it, and tell of drift only where somebody else has set some by
 * hand: of the others those stay by which a number of instances was set.
 */
export function keptOf(object: KubeObject): KubeObject {
  if (object.metadata.managedFields === undefined || foreignEntries(object, ourManagers).length > 0) return object;
  const managedFields = object.metadata.managedFields.filter(({ subresource }) => subresource === "scale");
  return withManagers(object, managedFields);
}

/** Pods change much, and nobody looks for what somebody has done to one by hand: it is not the pod that is kept. */
export function withoutManagers(object: KubeObject): KubeObject {
  return withManagers(object, []);
}

function withManagers(object: KubeObject, managedFields: KubeObject["metadata"]["managedFields"] = []): KubeObject {
  const metadata = { ...object.metadata };
  if (managedFields.length === 0) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
  return { ...object, metadata };
}
