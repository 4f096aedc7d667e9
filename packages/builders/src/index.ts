import { makeDockerBuilder } from "./docker/on-demand.ts";
import { makeHostBuilder } from "./host/builder.ts";
import { buildInPod, makeKubernetesBuilder } from "./kubernetes/on-demand.ts";

export type { BuilderDeps } from "./build/deps.ts";
export type { CachingBuilder } from "./build/make-builder.ts";
export { defaultBuildLimits } from "./docker/deps.ts";
export type { BuildLimits, DockerBuilderDeps } from "./docker/deps.ts";
export type { HostBuilderDeps, Machine, SettingsFile } from "./host/deps.ts";
export { findProgram } from "./host/no-network.ts";
export { readGlibc, readPlatform } from "./host/platform.ts";
export { makeHostUnpack } from "./host/unpack.ts";
export type { HostImage } from "./host/unpack.ts";
export { makeBuildChannel } from "./kubernetes/channel/channel.ts";
export type { BuildChannel } from "./kubernetes/channel/channel.ts";
export type { BuildPlace, KubernetesBuilderDeps } from "./kubernetes/deps.ts";
export { namespaceName as buildsNamespace } from "./kubernetes/names.ts";
export { buildRights } from "./kubernetes/rights.ts";
export { buildInPod, makeDockerBuilder, makeHostBuilder, makeKubernetesBuilder };

/** All builders there are, by name: adding one is a folder and a line here. */
export const builders = { host: makeHostBuilder, docker: makeDockerBuilder, kubernetes: makeKubernetesBuilder };
