export { type LoneStart, openLoneWaker, type LoneWaker } from "./lone-waker.ts";
export { startProcessRuntime } from "./process/runtime.ts";
export type { ProcessRuntimeDeps } from "./process/runtime.ts";
export type { UnpackedImage } from "./process/instance-spec.ts";
export { startDockerRuntime } from "./docker/on-demand.ts";
export type { DockerRuntime, DockerRuntimeDeps } from "./docker/deps.ts";
export type { Reach } from "./docker/reach.ts";
export { defaultSubnets, parseSubnets } from "./docker/subnets.ts";
export { askHttp } from "./instances/ask-http.ts";
export { awayError, Fleet } from "./fleet/fleet.ts";
export { decideInstances } from "./instances/supervise.ts";
export type { InstanceAction, InstanceDecision, SupervisedInstance } from "./instances/supervise.ts";
export { readImageFacts, renderPortable, renderYaml, startKubernetesRuntime } from "./kubernetes/on-demand.ts";
export type { KubernetesRuntimeDeps } from "./kubernetes/driver/deps.ts";
export { label as kubernetesLabel } from "./kubernetes/labels.ts";
export { neededRights } from "./kubernetes/rights.ts";
export type {
  ClusterPlace,
  EnvironmentModel,
  EnvironmentQuota,
  PodPlace,
  PortableModel,
  PortableService,
  RouterPlace,
  ServerPlace,
  WorkloadModel,
  WritableFolder,
} from "./kubernetes/model.ts";
