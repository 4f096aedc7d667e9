import { createContext, Script } from "node:vm";
import { Worker } from "node:worker_threads";
import { BerthError, hasCode } from "@berth/core";

export interface AskedPattern {
  pattern: string;
  text: string;
}

/** As long the server may stand still for patterns: all that are meant as one take far less. */
const hereMs = 20;
/** As long they may take altogether: far more than any that come to an end, also on a busy machine. */
const besideMs = 2_000;

const script = new Script("asked.map(({ pattern, text }) => new RegExp(pattern, 'u').test(text)).join()");
let context: Record<string, unknown> | null = null;

/**
 * Whether each pattern is found in its text. A pattern is whatever a repository says: where they take long they are looked for beside all else
 * that the server does, and are given up after a while. Throws `config.invalid` for that.
 */
export async function findPatterns(asked: readonly AskedPattern[]): Promise<boolean[]> {
  return asked.length === 0 ? [] : (findHere(asked) ?? (await findBeside(asked)));
}

/** Null where it takes too long. */
function findHere(asked: readonly AskedPattern[]): boolean[] | null {
  context ??= createContext({});
  Object.assign(context, { asked });
  try {
    return String(script.runInContext(context, { timeout: hereMs }))
      .split(",")
      .map((found) => found === "true");
  } catch (error) {
    if (hasCode(error, "ERR_SCRIPT_EXECUTION_TIMEOUT")) return null;
    throw error;
  } finally {
    delete context["asked"];
  }
}

async function findBeside(asked: readonly AskedPattern[]): Promise<boolean[]> {
  const thread = new Worker(new URL("./pattern-thread.ts", import.meta.url), { workerData: asked, name: "patterns" });
  const found: boolean[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  thread.on("message", (isFound: boolean) => {
    found.push(isFound);
    if (found.length === asked.length) resolve();
  });
  thread.once("error", reject);
  const timer = setTimeout(() => reject(takesTooLong(asked[found.length]!.pattern)), besideMs);
  try {
    await promise;
    return found;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

function takesTooLong(pattern: string): BerthError {
  return new BerthError("config.invalid", `The pattern ${pattern} takes too long to be looked for.`, {
    path: pattern,
    hint: "Write it without repetitions inside of repetitions, such as (a+)+.",
  });
}
