import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import { BerthError } from "@berth/core/errors";

export interface OutputLine {
  stream: string;
  text: string;
}

const triesWithoutServer = 30;
const pauseMs = 1_000;

/**
 * Shows what a run prints, and resolves with how it ended; null where the signal came first. Where the server goes away and comes back it
 * goes on after the last line that was shown.
 */
export async function followRun(
  client: Pick<Client, "streamOutput" | "followOperation">,
  id: string,
  show: (line: OutputLine) => void,
  signal: AbortSignal,
): Promise<Operation | null> {
  let shown = 0;
  for (let failures = 0; !signal.aborted;) {
    let seen = 0;
    try {
      for await (const line of client.streamOutput(id, signal)) {
        seen += 1;
        failures = 0;
        if (seen <= shown) continue;
        shown = seen;
        show(line);
      }
      break;
    } catch (thrown) {
      const code = thrown instanceof BerthError ? thrown.code : null;
      // A server that was started again has the output only once it has found the command.
      if (code !== "server.unreachable" && code !== "not-found") throw thrown;
      failures += 1;
      if (failures > triesWithoutServer || code === "not-found") break;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }
  for await (const item of client.followOperation(id, { signal })) if (item.kind === "ended") return item.operation;
  return null;
}
