export { startProcessRuntime } from "./process/runtime.ts";
export type { ProcessRuntimeDeps } from "./process/runtime.ts";
export type { UnpackedImage } from "./process/instance-spec.ts";
export { decideInstances } from "./instances/supervise.ts";
export type { InstanceAction, InstanceDecision, SupervisedInstance } from "./instances/supervise.ts";
