import type { Client } from "@berth/api/client";
import type { Operation, OperationEvent } from "@berth/core";
import type { Context } from "./context.ts";
import { eventLine } from "./views/operation.ts";

/** Shows what happens in an operation until it has ended; null where Ctrl-C came first. */
export async function followToEnd(
  { terminal, json, signal }: Pick<Context, "terminal" | "json" | "signal">,
  client: Client,
  { id }: Pick<Operation, "id">,
  show: (line: string) => void = terminal.say,
): Promise<{ operation: Operation; events: OperationEvent[] } | null> {
  const events: OperationEvent[] = [];
  for await (const item of client.followOperation(id, { signal })) {
    if (item.kind === "ended") return { operation: item.operation, events };
    events.push(item.event);
    const line = json ? null : eventLine(item.event, terminal.style);
    if (line !== null) show(line);
  }
  terminal.say(`It goes on at the server: berth operations show ${id}`);
  return null;
}
