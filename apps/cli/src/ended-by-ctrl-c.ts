import type { Client } from "@berth/api/client";
import type { Context } from "./context.ts";

/** So long an operation that was asked to end is waited for. */
const endMs = 30_000;

/** Waits for an operation as `wait` does, which gives up when its signal aborts: Ctrl-C ends the operation at the server, and that it has ended is waited for. */
export async function endedByCtrlC<T>(
  { terminal, signal }: Pick<Context, "terminal" | "signal">,
  client: Client,
  id: string,
  wait: (patience: AbortSignal) => Promise<T>,
): Promise<T> {
  const patience = new AbortController();
  const cancel = async () => {
    terminal.say("Ending it.");
    setTimeout(() => patience.abort(), endMs).unref();
    // It may have ended by itself just now.
    await client.api.operations[":id"].cancel.$post({ param: { id } }).catch(() => undefined);
  };
  signal.addEventListener("abort", cancel, { once: true });
  try {
    if (signal.aborted) await cancel();
    return await wait(patience.signal);
  } finally {
    signal.removeEventListener("abort", cancel);
  }
}
