export { makePlanApp, type PlanAppOptions } from "./plan-app.ts";
export { stacks } from "./registry.ts";
export type { Hints, Stack, StackResult, StartedService } from "./stack.ts";
export { supportFiles, type SupportFile } from "./support/support-files.ts";
