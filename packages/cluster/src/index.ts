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
  Forwarded,
  InformOptions,
  Informer,
  ListOptions,
  PodLogOptions,
  RemoveOptions,
  Right,
  WriteOptions,
} from "./cluster.ts";
export { makeOwnKubeconfig } from "./connection/own-kubeconfig.ts";
export { makeActingCluster } from "./lease/acting-cluster.ts";
export { startLease } from "./lease/lease.ts";
export type { Lease, LeaseOptions, OtherHolder } from "./lease/lease.ts";
export { knownResource } from "./kinds.ts";
export type { Resource } from "./kinds.ts";
export { refOf, refText } from "./object.ts";
export type { Kind, KubeObject, ManagedFields, ObjectMeta, ObjectRef } from "./object.ts";
export { openCluster } from "./open-cluster.ts";
export type { OpenClusterOptions } from "./open-cluster.ts";
export { familyOf, rangeOf } from "./objects/address.ts";
export type { Family } from "./objects/address.ts";
export { egressToDns, egressToWorld, nodeLocalDns } from "./objects/egress.ts";
export type { Made, Wire } from "./objects/made.ts";
export { microTime } from "./objects/micro-time.ts";
export { podsPeer } from "./objects/peers.ts";
export { confined, podSecurity, spreadEvenly } from "./objects/pod-parts.ts";
export { restrictedLabels } from "./objects/pod-security.ts";
export { bytesQuantity, cpuQuantity } from "./objects/quantities.ts";
export { registryLoginContent } from "./objects/registry-login.ts";
export type { RegistryLogin } from "./objects/registry-login.ts";
export { pendingOf } from "./pods/pending.ts";
export type { Pending } from "./pods/pending.ts";
export { podFailure } from "./pods/pod-failure.ts";
export { conditionOf, containerStatusOf, timeOf } from "./pods/pod.ts";
export type { ContainerStatus, Pod, PodStatus, TerminatedState } from "./pods/pod.ts";
