import {
  commandText,
  type IdentifiedTask,
  type ObservedTask,
  type OperationEvent,
  type Runtime,
  succeededText,
} from "@berth/core";
import { runMs } from "./run-ms.ts";
import { taskOutput } from "./task-output.ts";
import type { Timeline } from "./timeline.ts";
import { waitText } from "./wait-text.ts";

/** Turns what is seen of the commands of a rollout into its timeline, with all that they print. */
export interface CommandProgress {
  /** They run in this order, one after the other. */
  saw(commands: readonly IdentifiedTask[], observed: ReadonlyMap<string, ObservedTask>): void;
  /** Resolves when all that they have printed is told, of those that have ended. */
  settled(): Promise<void>;
  /** Tells nothing more: the operation is over, though a command may be about to be ended. */
  close(): void;
}

export interface CommandProgressDeps {
  timeline: Pick<Timeline, "start" | "end" | "line">;
  runtime: Pick<Runtime, "logs">;
  /** Of an operation that is taken up again: what of it was told before. */
  toldBefore?: readonly OperationEvent[];
}

export function makeCommandProgress(deps: CommandProgressDeps): CommandProgress {
  const closing = new AbortController();
  const told = toldOf(deps.toldBefore ?? []);
  const known: Single[] = [];
  return {
    saw(commands, observed) {
      commands.forEach((task, at) => {
        const seen = observed.get(task.id);
        if (seen === undefined || seen.state === "made") return;
        known[at] ??= makeSingle(deps, told[at] ?? nothingTold, closing.signal);
        known[at].saw(task, seen);
      });
    },
    async settled() {
      for (const single of known) await single.settled();
    },
    close: () => closing.abort(),
  };
}

/** What was told of one command. */
interface Told {
  isStarted: boolean;
  isOver: boolean;
  lines: number;
}

const nothingTold: Told = { isStarted: false, isOver: false, lines: 0 };

/** What was told of each command, in their order. */
function toldOf(events: readonly OperationEvent[]): Told[] {
  const told: Told[] = [];
  for (const { phase, kind } of events) {
    if (phase === "release" && kind === "start") told.push({ ...nothingTold, isStarted: true });
    const last = told.at(-1);
    if (last === undefined) continue;
    if (phase === "release" && kind === "end") last.isOver = true;
    if (phase === "run" && kind === "line") last.lines += 1;
  }
  return told;
}

interface Single {
  saw(task: IdentifiedTask, observed: ObservedTask): void;
  settled(): Promise<void>;
}

function makeSingle({ timeline, runtime }: CommandProgressDeps, told: Told, closing: AbortSignal): Single {
  const ended = new AbortController();
  let { isStarted, isOver, lines: toldLines } = told;
  let output: Promise<void> | null = null;
  let reason: string | null = null;

  async function tell({ id, service }: IdentifiedTask) {
    for await (const { text } of taskOutput(runtime, id, ended.signal, closing)) {
      if (toldLines > 0) toldLines -= 1;
      else timeline.line("run", text, service);
    }
  }

  return {
    saw(task, observed) {
      if (isOver) return;
      const { service, undoes } = task;
      const what = commandText(task.command);
      if (!isStarted) timeline.start("release", undoes === undefined ? what : `undo of v${undoes}: ${what}`, service);
      isStarted = true;
      // That it cannot be read is no reason to give up a release: the command has ended as it has.
      output ??= tell(task).catch(() => undefined);
      if (observed.startedAt === null && observed.reason !== null && observed.reason !== reason) {
        reason = observed.reason;
        timeline.line("start", waitText(reason, observed), service);
      }
      if (observed.state !== "ended") return;
      isOver = true;
      ended.abort();
      const { exit } = observed;
      const text = exit?.code === 0 ? succeededText : (observed.reason ?? "ended");
      const durationMs = runMs(observed);
      output = output.then(() => timeline.end("release", text.replace(/^it /, ""), service, durationMs));
    },
    async settled() {
      if (isOver) await output;
    },
  };
}
