import { makeHostBuilder } from "./host/builder.ts";

export type { HostBuilder } from "./host/builder.ts";
export type { HostBuilderDeps, Machine } from "./host/deps.ts";
export { readPlatform } from "./host/platform.ts";
export { makeHostUnpack } from "./host/unpack.ts";
export type { HostImage } from "./host/unpack.ts";
export { makeHostBuilder };

/** All builders there are, by name: adding one is a folder and a line here. */
export const builders = { host: makeHostBuilder };
