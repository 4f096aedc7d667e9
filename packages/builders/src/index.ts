import { makeHostBuilder } from "./host/builder.ts";

export type { HostBuilder } from "./host/builder.ts";
export type { HostBuilderDeps, Machine } from "./host/deps.ts";
export { readPlatform } from "./host/platform.ts";
export { makeHostBuilder };

/** All builders there are, by name: adding one is a folder and a line here. */
export const builders = { host: makeHostBuilder };
