import { commandText, type IdentifiedTask, type ObservedTask, type OperationEvent, type Runtime } from "@berth/core";
import { runMs } from "./run-ms.ts";
import { taskOutput } from "./task-output.ts";
import type { Timeline } from "./timeline.ts";

/** Turns what is seen of a release command into its timeline, with all that it prints. */
export interface CommandProgress {
  saw(task: IdentifiedTask, observed: ObservedTask | undefined): void;
  /** Resolves when all that it has printed is told, where it has ended. */
  settled(): Promise<void>;
  /** Tells nothing more: the operation is over, though the command may be about to be ended. */
  close(): void;
}

export interface CommandProgressDeps {
  timeline: Pick<Timeline, "start" | "end" | "line">;
  runtime: Pick<Runtime, "logs">;
  /** Of an operation that is taken up again: what of it was told before. */
  toldBefore?: readonly OperationEvent[];
}

export function makeCommandProgress({ timeline, runtime, toldBefore = [] }: CommandProgressDeps): CommandProgress {
  const ended = new AbortController();
  const closing = new AbortController();
  const wasTold = (kind: OperationEvent["kind"]) =>
    toldBefore.some((event) => event.phase === "release" && event.kind === kind);
  let toldLines = toldBefore.filter(({ phase, kind }) => phase === "run" && kind === "line").length;
  let isStarted = wasTold("start");
  let isOver = wasTold("end");
  let output: Promise<void> | null = null;
  let reason: string | null = null;

  async function tell({ id, service }: IdentifiedTask) {
    for await (const { text } of taskOutput(runtime, id, ended.signal, closing.signal)) {
      if (toldLines > 0) toldLines -= 1;
      else timeline.line("run", text, service);
    }
  }

  return {
    saw(task, observed) {
      if (observed === undefined || observed.state === "made" || isOver) return;
      const { service } = task;
      if (!isStarted) timeline.start("release", commandText(task.command), service);
      isStarted = true;
      // That it cannot be read is no reason to give up a release: the command has ended as it has.
      output ??= tell(task).catch(() => undefined);
      if (observed.startedAt === null && observed.reason !== null && observed.reason !== reason) {
        reason = observed.reason;
        timeline.line("start", reason, service);
      }
      if (observed.state !== "ended") return;
      isOver = true;
      ended.abort();
      const { exit } = observed;
      const text = exit?.code === 0 ? "exit code 0" : (observed.reason ?? "ended");
      const durationMs = runMs(observed);
      output = output.then(() => timeline.end("release", text.replace(/^it /, ""), service, durationMs));
    },
    async settled() {
      if (isOver) await output;
    },
    close: () => closing.abort(),
  };
}
