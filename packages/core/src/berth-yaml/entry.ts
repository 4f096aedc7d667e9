export * from "./check.ts";
export * from "./json-schema.ts";
export * from "./parse.ts";
export { type KeyPath, pathText, type Position, type Problem, problemText } from "./problem.ts";
