import { timeOf } from "@berth/cluster";
import type { Pod, TerminatedState } from "@berth/cluster";
import { join } from "node:path";
import type { Clock } from "@berth/core";
import { exitText, stoppedText } from "../../instances/exit-text.ts";
import type { KnownExit } from "../../instances/known-instance.ts";
import { CopiedLog } from "../../logs/copied-log.ts";
import type { ReadContainer } from "../../logs/copied-log.ts";
import { parseLogLine } from "../../logs/log-line.ts";
import { tailOfPath } from "../../logs/log-reader.ts";
import { makePodExit } from "../pods/exit.ts";
import type { PodInstance } from "../pods/instance.ts";
import { statusOf } from "../pods/pod.ts";

export interface PodNotesDeps {
  read: ReadContainer;
  /** Of the workload's logs. */
  folder: string;
  instance: string;
  memoryLimitBytes: number;
  clock: Clock;
  /** What a run has written last is known, and its log is whole: its end may be told better. */
  onLastLines(lines: readonly string[]): void;
}

/** As far back as it is looked for what was noted before this server started. */
const linesToRead = 2_000;
/** Kubelets tell whole seconds. */
const secondMs = 999;

/** The log of one pod: what each run of its container writes, with Berth's lines, one after the other. */
export class PodNotes {
  readonly #deps: PodNotesDeps;
  readonly #log: CopiedLog;
  #work: Promise<void>;
  #started = -1;
  #ended: string | null = null;
  #pause: string | null = null;
  #notedAt = 0;
  #noted: { at: number; isStart: boolean }[] = [];

  constructor(deps: PodNotesDeps) {
    this.#deps = deps;
    this.#log = new CopiedLog(deps.read, deps.folder, deps.instance);
    this.#work = this.#recall();
  }

  /** Takes the pod as it is now: follows each run, and notes how it ended. */
  take(pod: Pod, instance: PodInstance): void {
    const container = statusOf(pod);
    const run = container?.restartCount ?? 0;
    const { running, terminated: now, waiting } = container?.state ?? {};
    const terminated = now ?? container?.lastState?.terminated;
    const end = terminated === undefined ? null : runKey(terminated);
    if (terminated !== undefined && end !== this.#ended && instance.state !== "stopping") {
      this.#ended = end;
      const endedRun = running === undefined ? run : run - 1;
      this.#enqueue(() => this.#noteEnd(endedRun, terminated));
    }
    const pause = /^back-off (\S+) restarting/.exec(waiting?.message ?? "")?.[1];
    if (pause !== undefined && end !== this.#pause) {
      this.#pause = end;
      this.#enqueue(async () => this.#note(`restarting in ${pauseText(pause)}`));
    }
    if (running !== undefined && run > this.#started) {
      this.#started = run;
      const { startedAt } = instance;
      this.#enqueue(async () => this.#noteStart(run, startedAt));
    }
  }

  /** The pod is no more: copies the rest, says so, and closes. */
  end(pod: Pod): Promise<void> {
    const terminated = statusOf(pod)?.state?.terminated;
    const isNew = terminated !== undefined && runKey(terminated) !== this.#ended;
    const run = this.#started;
    this.#enqueue(async () => {
      const lines = run === -1 ? [] : await this.#finish(run, timeOf(pod.metadata.creationTimestamp));
      this.#note(isNew ? stoppedText(makePodExit(terminated, lines)) : "stopped");
    });
    this.#enqueue(() => this.#log.close());
    return this.#work;
  }

  /** Ends copying at once; what is not copied yet is by the next server. */
  async interrupt(): Promise<void> {
    await this.#log.close();
  }

  #enqueue(work: () => Promise<void>): void {
    // One note that fails must not keep the next from being made.
    this.#work = this.#work.then(work).catch(() => {});
  }

  async #recall(): Promise<void> {
    const lines = await tailOfPath(join(this.#deps.folder, `${this.#deps.instance}.log`), linesToRead).catch(() => []);
    this.#noted = lines.flatMap((line) => {
      const parsed = parseLogLine(line);
      return parsed?.stream === "berth" ? [{ at: parsed.at, isStart: parsed.text.startsWith("started") }] : [];
    });
    this.#notedAt = this.#noted.at(-1)?.at ?? 0;
  }

  async #noteStart(run: number, startedAt: number): Promise<void> {
    const isNoted = this.#noted.some(({ at, isStart }) => isStart && at >= startedAt);
    if (!isNoted) this.#note(run === 0 ? "started" : "started again", startedAt);
    this.#log.follow(String(run), startedAt);
  }

  async #noteEnd(run: number, terminated: TerminatedState): Promise<void> {
    const { clock, memoryLimitBytes, onLastLines } = this.#deps;
    const lines = await this.#finish(run, timeOf(terminated.startedAt));
    const exit: KnownExit = makePodExit(terminated, lines);
    const isNoted = this.#noted.some(({ at, isStart }) => !isStart && at >= exit.at);
    // Within that second, and after all that it has written.
    if (!isNoted) this.#note(exitText(exit, memoryLimitBytes), Math.min(clock.now(), exit.at + secondMs));
    onLastLines(lines);
  }

  async #finish(run: number, startedAt: number): Promise<readonly string[]> {
    return this.#log.finish(String(run), startedAt).catch(() => []);
  }

  #note(text: string, at = this.#deps.clock.now()): void {
    this.#notedAt = Math.max(at, this.#notedAt);
    this.#log.note(this.#notedAt, text);
  }
}

function runKey({ containerID, finishedAt, exitCode }: TerminatedState): string {
  return containerID ?? `${finishedAt} ${exitCode}`;
}

/** `1m20s` as `1 min 20 s`. */
function pauseText(duration: string): string {
  const parts = [...duration.matchAll(/(\d+)([hms])/g)].filter(([, count]) => count !== "0");
  const units: Readonly<Record<string, string>> = { h: "h", m: "min", s: "s" };
  return parts.map(([, count, unit = ""]) => `${count} ${units[unit]}`).join(" ");
}
