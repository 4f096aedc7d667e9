export type { CallRecord } from "./calls/call.ts";
export { fieldConflictsOf, refusalOf } from "./calls/refusal.ts";
export type { FieldConflict, Refusal } from "./calls/refusal.ts";
export type { CallLimit } from "./calls/token-bucket.ts";
export type {
  ApplyOptions,
  CallOptions,
  Change,
  Cluster,
  ExecOptions,
  ExecResult,
  InformOptions,
  Informer,
  ListOptions,
  PodLogOptions,
  RemoveOptions,
  Right,
  WriteOptions,
} from "./cluster.ts";
export { makeOwnKubeconfig } from "./connection/own-kubeconfig.ts";
export { knownResource } from "./kinds.ts";
export type { Resource } from "./kinds.ts";
export { refOf, refText } from "./object.ts";
export type { Kind, KubeObject, ManagedFields, ObjectMeta, ObjectRef } from "./object.ts";
export { openCluster } from "./open-cluster.ts";
export type { OpenClusterOptions } from "./open-cluster.ts";
