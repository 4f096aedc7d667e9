export { addressText, defaultEngineHost, isLocalAddress, parseEngineAddress } from "./address.ts";
export type { EngineAddress } from "./address.ts";
export { connectEngine } from "./engine.ts";
export type { ConnectOptions, Engine, EngineInfo } from "./engine.ts";
export { imageTag, loadImage } from "./load/load-image.ts";
export type { EngineImage } from "./load/load-image.ts";
export type { LoadableImage, LoadableLayer } from "./loadable.ts";
export { isRefusal, refusalOf } from "./refusal.ts";
export type { Refusal } from "./refusal.ts";
