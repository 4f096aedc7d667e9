import { spawn } from "node:child_process";
import { hasCode } from "@berth/core";
import type { Clock } from "@berth/core";
import type { StepResult } from "../../build/executor.ts";
import { makeOutput } from "../../build/output/lines.ts";
import { killGroup } from "./kill.ts";

export interface ProcessSpec {
  argv: readonly string[];
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Readonly<Record<string, string>>;
  timeoutMs: number;
  /** A value that no other process has in its environment under `BERTH_STEP`: what it left behind is known by it. */
  marker: string;
  /** Cleans what it prints of secrets. */
  mask?: (text: string) => string;
}

/** What a process left behind may hold its output open; then this is how long it is waited for. */
const drainMs = 500;

/** Runs a program to its end, in a group of its own that is killed with all it started when it ends, takes too long, or the signal aborts (then it throws its reason). */
export async function runProcess(
  spec: ProcessSpec,
  line: (text: string) => void,
  signal: AbortSignal,
  clock: Clock,
): Promise<StepResult> {
  signal.throwIfAborted();
  const [file = "", ...args] = spec.argv;
  const output = makeOutput(line, spec.mask);
  const env = { ...spec.env, BERTH_STEP: spec.marker };
  const child = spawn(file, args, { cwd: spec.cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const done = new AbortController();
  let timedOut = false;
  const streams = [child.stdout, child.stderr].map((stream) => {
    const reader = output.reader();
    stream.on("data", (chunk: Buffer) => reader.write(chunk));
    return new Promise<void>((resolve) => stream.once("close", () => resolve(reader.end())));
  });
  const kill = () => killGroup(child.pid, spec.marker);
  signal.addEventListener("abort", kill, { once: true });
  const watch = async () => {
    await clock.sleep(spec.timeoutMs, done.signal);
    timedOut = !done.signal.aborted;
    if (timedOut) kill();
  };
  void watch();
  try {
    const ended = await new Promise<{ exitCode: number | null; signal: string | null; notFound: boolean }>(
      (resolve, reject) => {
        child.once("exit", (exitCode, signal) => resolve({ exitCode, signal, notFound: false }));
        child.once("error", (error) => {
          const notFound = hasCode(error, "ENOENT") || hasCode(error, "EACCES");
          if (notFound) resolve({ exitCode: null, signal: null, notFound });
          else reject(error);
        });
      },
    );
    kill();
    await Promise.race([Promise.all(streams), clock.sleep(drainMs, done.signal)]);
    signal.throwIfAborted();
    return { ...ended, timedOut, lines: output.last() };
  } finally {
    done.abort();
    signal.removeEventListener("abort", kill);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}
