import type { BuildSink, Clock, NewOperationEvent, OperationStore, Phase } from "@berth/core";

/** So many events wait at most while they cannot be written. */
const maxWaiting = 1_000;

/** Writes the timeline of one operation: phases with durations, and lines within them. */
export interface Timeline {
  /** Opens a phase and returns how to close it with a last word. */
  start(phase: Phase, text: string, service?: string): (text: string) => void;
  /** Closes a phase whose duration is known from elsewhere. */
  end(phase: Phase, text: string, service: string, durationMs: number | null): void;
  line(phase: Phase, text: string, service?: string): void;
  /** What a builder tells, as the phase `build` of this service. */
  buildSink(service: string): BuildSink;
  /** Resolves when all events so far are in the store. */
  flush(): Promise<void>;
}

export function makeTimeline(deps: {
  operations: Pick<OperationStore, "append">;
  clock: Pick<Clock, "now">;
  operation: string;
}): Timeline {
  const { operations, clock, operation } = deps;
  let queue: NewOperationEvent[] = [];
  let writing: Promise<void> | null = null;

  /** Events of one turn of the event loop are written together: a build prints many lines at once. */
  function push(event: Omit<NewOperationEvent, "at">) {
    queue.push({ at: clock.now(), ...event });
    // Told by `flush`; until that is awaited a failure must not end the process.
    write().catch(() => undefined);
  }

  function write(): Promise<void> {
    writing ??= writeAll().finally(() => (writing = null));
    return writing;
  }

  /** What cannot be written now, as the disk is full, is kept for the next event or flush. */
  async function writeAll() {
    await new Promise(setImmediate);
    while (queue.length > 0) {
      const events = queue;
      queue = [];
      try {
        await operations.append(operation, events);
      } catch (error) {
        queue = [...events, ...queue].slice(-maxWaiting);
        throw error;
      }
    }
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
    async flush() {
      // One that is under way may have failed already.
      await writing?.catch(() => undefined);
      if (queue.length > 0) await write();
    },
  };
  return timeline;
}
