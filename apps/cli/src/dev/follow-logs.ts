import type { Client } from "@berth/api/client";
import type { Operation } from "@berth/core";
import { BerthError } from "@berth/core/errors";
import type { Context } from "../context.ts";
import { readLogs } from "../read-logs.ts";
import { makeLogView } from "../views/log-line.ts";

export interface LogFollower {
  /** Resolves when there are no more, as after Ctrl-C. */
  ended: Promise<void>;
}

/** Shows what all services of an environment print from a deploy on, as `berth logs --follow` does. */
export function followLogs(
  { terminal, signal, json }: Pick<Context, "terminal" | "signal" | "json">,
  client: Client,
  { app, environment, startedAt }: Operation,
  onEnd: () => void,
): LogFollower {
  const view = makeLogView(terminal.style);
  const say = (text: string) => (json ? undefined : terminal.say(text));
  const follow = async () => {
    for await (const line of readLogs({ client, signal, say }, { app, environment, follow: true })) {
      // What services that go on had printed before is no news.
      if (line.at >= startedAt) terminal.print(json ? JSON.stringify(line) : view(line));
    }
  };
  const ended = follow()
    .catch((error: unknown) => {
      // It was removed: the next save makes it anew.
      const isGone = error instanceof BerthError && error.code === "environment.not-found";
      if (!isGone) say(error instanceof Error ? error.message : String(error));
    })
    .finally(onEnd);
  return { ended };
}
