export { openConfig } from "./config/open-config.ts";
export { neighboursOf } from "./generation.ts";
export { type Deployer, startDeployer } from "./deployer.ts";
export {
  type DeployerDeps,
  type DeployerPolicy,
  defaultPolicy,
  type BuildRecords,
  type ImageKeeper,
  type PackageReader,
} from "./deps.ts";
export type { LogRequest, ServiceLogLine } from "./logs.ts";
