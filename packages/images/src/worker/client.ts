import type { Transferable } from "node:worker_threads";
import { Worker } from "node:worker_threads";
import { BerthError } from "@berth/core";
import type { ErrorCode } from "@berth/core";
import type { Reply, SentError } from "./protocol.ts";
import type { Tasks, WorkerSettings } from "./tasks.ts";

/** So long a worker without work is kept: it starts in some 50 ms, as long as a push takes to arrive, and takes some 15 MB. */
const idleMs = 60_000;
/** Most of what it handles are buffers, which lie outside of its heap. */
const resourceLimits = { maxYoungGenerationSizeMb: 4 };

export interface ImagesWorker {
  call<Name extends keyof Tasks>(
    name: Name,
    args: Parameters<Tasks[Name]>,
    transfer?: readonly Transferable[],
  ): Promise<Awaited<ReturnType<Tasks[Name]>>>;
  /** Starts the thread ahead of its first use. */
  warm(): void;
  close(): Promise<void>;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A thread for the heavy work, started when it is needed, kept while it is used and never what keeps the process alive. */
export function makeWorker(settings: WorkerSettings): ImagesWorker {
  const waiting = new Map<number, Waiting>();
  let thread: Worker | null = null;
  let idle: NodeJS.Timeout | null = null;
  let count = 0;

  function start(): Worker {
    const started = new Worker(new URL("./main.ts", import.meta.url), {
      workerData: settings,
      name: "images",
      resourceLimits,
    });
    started.on("message", (reply: Reply) => settle(reply));
    started.on("error", (error) => fail(started, error));
    started.on("exit", () => fail(started, new Error("the images worker ended")));
    started.unref();
    return started;
  }

  function settle(reply: Reply): void {
    const caller = waiting.get(reply.id);
    waiting.delete(reply.id);
    if (waiting.size === 0) rest();
    if ("error" in reply) caller?.reject(revive(reply.error));
    else caller?.resolve(reply.value);
  }

  /** A thread that broke takes its calls with it; the next call starts another. */
  function fail(broken: Worker, error: unknown): void {
    if (thread !== broken) return;
    thread = null;
    for (const caller of waiting.values()) caller.reject(error);
    waiting.clear();
  }

  function rest(): void {
    thread?.unref();
    if (idle !== null) clearTimeout(idle);
    idle = setTimeout(() => void close(), idleMs);
    idle.unref();
  }

  async function close(): Promise<void> {
    if (idle !== null) clearTimeout(idle);
    idle = null;
    const ending = thread;
    thread = null;
    for (const caller of waiting.values()) caller.reject(new Error("the images worker was closed"));
    waiting.clear();
    await ending?.terminate();
  }

  return {
    call(name, args, transfer = []) {
      const running = (thread ??= start());
      if (idle !== null) clearTimeout(idle);
      idle = null;
      running.ref();
      const id = ++count;
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
        running.postMessage({ id, name, args }, transfer);
      });
    },
    warm() {
      thread ??= start();
      if (waiting.size === 0) rest();
    },
    close,
  };
}

function revive({ message, code, problem }: SentError): Error {
  if (problem !== null) {
    const { path, hint } = problem;
    return new BerthError(code as ErrorCode, message, path === null ? { hint } : { path, hint });
  }
  const error = new Error(message);
  return code === null ? error : Object.assign(error, { code });
}
