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
export { refOf, refText } from "./object.ts";
export type { Kind, KubeObject, ManagedFields, ObjectMeta, ObjectRef } from "./object.ts";
