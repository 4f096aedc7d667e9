/** One place where the code does what the design forbids. `file` is relative to the root, `line` counts from 1. */
export type Violation = { file: string; line: number; what: string; rule: string };
