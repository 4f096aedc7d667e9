import { runInNewContext } from "node:vm";

const timeoutMs = 100;

/**
 * Whether a pattern is found in a text. A pattern is whatever a repository says: one that takes for ever on a text is given up, and counts as
 * not found.
 */
export function findPattern(pattern: string, text: string): boolean {
  try {
    return runInNewContext("new RegExp(pattern, 'u').test(text)", { pattern, text }, { timeout: timeoutMs }) === true;
  } catch {
    return false;
  }
}
