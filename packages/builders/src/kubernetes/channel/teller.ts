import type { BuildSink } from "@berth/core";
import type { ChannelClient } from "./client.ts";
import type { BuildEvent, BuildOutcome } from "./protocol.ts";

/** Tells the server what happens, in order, as soon as it has taken what was told before. */
export interface Teller extends BuildSink {
  packing(): void;
  /** The last word; resolves when the server has it. */
  outcome(outcome: BuildOutcome): Promise<void>;
}

const mostAtOnce = 500;

export function makeTeller(client: Pick<ChannelClient, "tell">): Teller {
  const waiting: BuildEvent[] = [];
  let next = 1;
  let sending: Promise<void> | null = null;

  async function send(): Promise<void> {
    try {
      while (waiting.length > 0) {
        const events = waiting.slice(0, mostAtOnce);
        await client.tell({ from: next, events });
        next += events.length;
        waiting.splice(0, events.length);
      }
    } finally {
      // At once: what is told from here on has to begin anew.
      sending = null;
    }
  }

  function tell(event: BuildEvent): Promise<void> {
    waiting.push(event);
    const running = (sending ??= send());
    // Where the server is gone, the outcome cannot be told either, and says so.
    running.catch(() => {});
    return running;
  }

  return {
    start: (step, text) => void tell({ kind: "start", step, text }),
    line: (text) => void tell({ kind: "line", text }),
    end: (step, durationMs) => void tell({ kind: "end", step, durationMs }),
    packing: () => void tell({ kind: "packing" }),
    outcome: (outcome) => tell({ kind: "outcome", outcome }),
  };
}
