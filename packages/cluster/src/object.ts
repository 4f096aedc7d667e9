import type { V1ObjectMeta, V1OwnerReference } from "@kubernetes/client-node";

/** Whatever an API server keeps, as JSON: times are text. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
}

/** Metadata as it comes over the wire: the client's models have dates where JSON has text. */
export interface ObjectMeta extends Pick<
  V1ObjectMeta,
  "annotations" | "finalizers" | "generation" | "labels" | "name" | "namespace" | "resourceVersion" | "uid"
> {
  name: string;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  managedFields?: ManagedFields[];
  ownerReferences?: V1OwnerReference[];
}

/** Which fields of an object a manager has set, and when it last did. */
export interface ManagedFields {
  manager?: string;
  operation?: string;
  /** Such as `scale` or `status`; missing for the object itself. */
  subresource?: string;
  time?: string;
  /** A tree of `f:<field>`, `k:<key of a list's item>`, `v:<value>` and `.`. */
  fieldsV1?: Record<string, unknown>;
}

/** A kind of object, such as `{ apiVersion: "apps/v1", kind: "Deployment" }`. */
export interface Kind {
  apiVersion: string;
  kind: string;
}

/** What names one object. `namespace` is null for those that belong to the whole cluster. */
export interface ObjectRef extends Kind {
  namespace: string | null;
  name: string;
}

/** The ref of an object. */
export function refOf({ apiVersion, kind, metadata }: KubeObject): ObjectRef {
  return { apiVersion, kind, namespace: metadata.namespace ?? null, name: metadata.name };
}

/** One line for people and logs: `Deployment berth-shop--production/web-1f0c3aa2`. */
export function refText({ kind, namespace, name }: ObjectRef): string {
  return namespace === null ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
