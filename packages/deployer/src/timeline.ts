import type { BuildSink, Clock, NewOperationEvent, OperationStore, Phase } from "@berth/core";

/** Writes the timeline of one operation: phases with durations, and lines within them. */
export interface Timeline {
  /** Opens a phase and returns how to close it with a last word. */
  start(phase: Phase, text: string, service?: string): (text: string) => void;
  /** Closes a phase whose duration is known from elsewhere. */
  end(phase: Phase, text: string, service: string, durationMs: number): void;
  line(phase: Phase, text: string, service?: string): void;
  /** What a builder tells, as the phase `build` of this service. */
  buildSink(service: string): BuildSink;
  /** Resolves when all events so far are in the store. */
  flush(): Promise<void>;
}

export function makeTimeline(deps: { operations: OperationStore; clock: Clock; operation: string }): Timeline {
  const { operations, clock, operation } = deps;
  let queue: NewOperationEvent[] = [];
  let writing: Promise<void> = Promise.resolve();

  /** Events of one turn of the event loop are written together: a build prints many lines at once. */
  function push(event: Omit<NewOperationEvent, "at">) {
    queue.push({ at: clock.now(), ...event });
    if (queue.length > 1) return;
    writing = writeAfter(writing);
    // Told by `flush`; until that is awaited a failure must not end the process.
    writing.catch(() => undefined);
  }

  async function writeAfter(before: Promise<void>) {
    await before;
    await new Promise(setImmediate);
    const events = queue;
    queue = [];
    await operations.append(operation, events);
  }

  const timeline: Timeline = {
    start(phase, text, service) {
      const startedAt = clock.now();
      push({ phase, service: service ?? null, kind: "start", text, durationMs: null });
      return (last) =>
        push({ phase, service: service ?? null, kind: "end", text: last, durationMs: clock.now() - startedAt });
    },
    end: (phase, text, service, durationMs) => push({ phase, service, kind: "end", text, durationMs }),
    line: (phase, text, service) => push({ phase, service: service ?? null, kind: "line", text, durationMs: null }),
    buildSink(service) {
      return {
        start: (step, text) =>
          push({ phase: "build", service, kind: "start", text: `${step}: ${text}`, durationMs: null }),
        line: (text) => push({ phase: "build", service, kind: "line", text, durationMs: null }),
        end: (step, durationMs) => push({ phase: "build", service, kind: "end", text: step, durationMs }),
      };
    },
    flush: () => writing,
  };
  return timeline;
}
