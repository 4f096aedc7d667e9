import type { LogLine, Runtime } from "@berth/core";

/** So long the last line of what has ended is looked for: one that was lost has none. */
const lastLineMs = 2_000;

/**
 * What a task prints, from its beginning to its end: a runtime ends its log with a line of its own, which is not told. `ended` says that
 * it has ended by what the runtime observes.
 */
export async function* taskOutput(
  runtime: Pick<Runtime, "logs">,
  task: string,
  ended: AbortSignal,
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  const done = new AbortController();
  const giveUp = () => setTimeout(() => done.abort(), lastLineMs).unref();
  if (ended.aborted) giveUp();
  else ended.addEventListener("abort", giveUp, { once: true });
  const options = { tail: Number.MAX_SAFE_INTEGER, follow: true, signal: AbortSignal.any([done.signal, signal]) };
  try {
    for await (const line of runtime.logs(task, options)) {
      if (line.stream !== "berth") yield line;
      else if (!line.text.startsWith("started")) return;
    }
  } finally {
    ended.removeEventListener("abort", giveUp);
  }
}
