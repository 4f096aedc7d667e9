import { createContext, Script } from "node:vm";
import { BerthError, hasCode } from "@berth/core";

/** Far more than any pattern takes that comes to an end, also on a busy machine. */
const timeoutMs = 2_000;

const script = new Script("new RegExp(pattern, 'u').test(text)");
let context: Record<string, unknown> | null = null;

/**
 * Whether a pattern is found in a text. A pattern is whatever a repository says: one that would take for ever on a text is given up. Throws
 * `config.invalid` for that.
 */
export function findPattern(pattern: string, text: string): boolean {
  context ??= createContext({});
  Object.assign(context, { pattern, text });
  try {
    return script.runInContext(context, { timeout: timeoutMs }) === true;
  } catch (error) {
    if (!hasCode(error, "ERR_SCRIPT_EXECUTION_TIMEOUT")) return false;
    throw new BerthError("config.invalid", `The pattern ${pattern} takes too long to be looked for.`, {
      path: pattern,
      hint: "Write it without repetitions inside of repetitions, such as (a+)+.",
    });
  } finally {
    delete context["text"];
  }
}
