export type { RouterDeps } from "./deps.ts";
export { loopbackDoor, type SharedDoor } from "./neighbour-doors.ts";
export { partFrom } from "./parting.ts";
export { makeRouter, type Router } from "./router.ts";
export { hostName } from "./route.ts";
export { httpServerOptions } from "./server-options.ts";
