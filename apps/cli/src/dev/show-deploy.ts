import type { Client } from "@berth/api/client";
import type { Operation, OperationEvent } from "@berth/core";
import type { Context } from "../context.ts";
import { followToEnd } from "../operations.ts";

/** What takes longer is shown as it happens. */
const quickMs = 2_000;

export interface ShowOptions {
  /** Show each step at once. */
  isTold: boolean;
  /** Whether a later deploy has taken its place: then nobody needs to know more of it. */
  isSuperseded(): boolean;
}

export interface Shown {
  operation: Operation;
  events: readonly OperationEvent[];
}

/** Follows a deploy to its end. Of one that is quick no step is shown: how it ends says enough. Null where Ctrl-C came first, or a later one. */
export async function showDeploy(
  context: Pick<Context, "terminal" | "json" | "signal">,
  client: Client,
  begun: Operation,
  { isTold, isSuperseded }: ShowOptions,
): Promise<Shown | null> {
  const held: string[] = [];
  let isHeld = !isTold;
  const release = () => {
    isHeld = false;
    if (!isSuperseded()) for (const line of held.splice(0)) context.terminal.say(line);
  };
  const timer = setTimeout(release, quickMs);
  const say = (line: string) => {
    if (isHeld) held.push(line);
    else if (!isSuperseded()) context.terminal.say(line);
  };
  try {
    const ended = await followToEnd(context, client, begun, say);
    if (ended === null || isSuperseded() || ended.operation.error?.code === "superseded") return null;
    return ended;
  } finally {
    clearTimeout(timer);
  }
}
