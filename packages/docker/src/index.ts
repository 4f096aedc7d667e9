export type { LoadableImage, LoadableLayer } from "./loadable.ts";
