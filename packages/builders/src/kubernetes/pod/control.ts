import { constants, openSync } from "node:fs";
import { access, open, rm, writeFile } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Clock } from "@berth/core";
import { missingMark } from "./step-script.ts";

/** The steps' container, by the pipes of its control folder. One program at a time runs in it. */
export interface StepsContainer {
  /** Runs a script to its end. What is left running then is ended by `clean`. Null where it was ended before. */
  run(script: string, stdout: (chunk: Buffer) => void, stderr: (chunk: Buffer) => void): Promise<RunEnd | null>;
  /** Kills everything that runs there; a `run` that is under way ends with null. */
  clean(): Promise<void>;
  /** Lets the container end. */
  leave(): Promise<void>;
}

export interface RunEnd {
  exitCode: number;
  /** The program is not there. */
  isMissing: boolean;
}

const pollMs = 20;
/** A step may put anything in the place of a file: nothing is followed. */
const readPipe = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const writePipe = constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;

/** Waits for the container and takes it over. Rejects when `signal` aborts. */
export async function openStepsContainer(folder: string, clock: Clock, signal: AbortSignal): Promise<StepsContainer> {
  while (!(await exists(join(folder, "ready")))) {
    await clock.sleep(pollMs, signal);
    signal.throwIfAborted();
  }
  const answers = createInterface({ input: openReader(join(folder, "answers")) });
  let count = 0;
  let isLost = false;
  let waiting: { isIt(answer: Answer): boolean; resolve(answer: Answer): void; reject(error: Error): void } | null =
    null;
  answers.on("line", (line) => {
    const answer = readAnswer(line);
    if (waiting?.isIt(answer) === true) waiting.resolve(answer);
  });
  answers.on("close", () => {
    isLost = true;
    waiting?.reject(lostError());
  });

  function answerWhere(isIt: (answer: Answer) => boolean): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (isLost) return reject(lostError());
      waiting = { isIt, resolve, reject };
    });
  }

  async function order(text: string): Promise<void> {
    const pipe = await open(join(folder, "orders"), writePipe);
    try {
      await pipe.write(`${text}\n`);
    } finally {
      await pipe.close();
    }
  }

  return {
    async run(script, stdout, stderr) {
      const mark = join(folder, missingMark);
      const file = join(folder, "step");
      await Promise.all([rm(mark, { force: true }), rm(file, { force: true })]);
      await writeFile(file, script, { flag: "wx", mode: 0o600 });
      const outputs = [readAll(join(folder, "out"), stdout), readAll(join(folder, "err"), stderr)];
      const run = ++count;
      const ending = answerWhere(({ what, number }) => number === run || (what === "clean" && number > run));
      await order(`run ${run}`);
      const { what, exitCode } = await ending;
      if (what === "ended") {
        // Whatever was left running holds the output open.
        const end = ++count;
        const cleaned = answerWhere(({ number }) => number === end);
        await order(`end ${end}`);
        await cleaned;
      }
      await Promise.race([Promise.all(outputs.map(({ ended }) => ended)), clock.sleep(drainMs)]);
      for (const { close } of outputs) close();
      return what === "ended" ? { exitCode, isMissing: await exists(mark) } : null;
    },
    clean: () => order(`end ${++count}`),
    leave: () => order("exit"),
  };
}

/** Why the container of the steps has ended is known to the cluster, and not here. */
export class StepsLost extends Error {}

interface Answer {
  what: string;
  number: number;
  exitCode: number;
}

function readAnswer(line: string): Answer {
  const [what = "", number, exitCode] = line.split(" ");
  return { what, number: Number(number), exitCode: Number(exitCode) };
}

function lostError(): StepsLost {
  return new StepsLost("the container of the steps has ended");
}

/** What is left in a pipe when all that could write to it has ended is read within no time. */
const drainMs = 2_000;

function readAll(path: string, take: (chunk: Buffer) => void) {
  const reader = openReader(path);
  reader.on("data", take);
  const ended = new Promise<void>((resolve) => reader.once("close", resolve));
  return { ended, close: () => void reader.destroy() };
}

/** A pipe that is read as a socket is: no thread waits in it. It ends when the last who had it open for writing has closed it. */
function openReader(path: string): Socket {
  const socket = new Socket({ fd: openSync(path, readPipe), readable: true, writable: false });
  socket.on("error", () => socket.destroy());
  return socket;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
