export { planApp } from "./plan-app.ts";
export { stacks } from "./registry.ts";
export type { Hints, Stack, StackResult } from "./stack.ts";
export { supportFiles, type SupportFile } from "./support.ts";
