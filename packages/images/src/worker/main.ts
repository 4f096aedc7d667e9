import { parentPort, workerData } from "node:worker_threads";
import type { Call, Reply, SentError } from "./protocol.ts";
import { codeOf, Problem } from "./problem.ts";
import { makeTasks } from "./tasks.ts";
import type { Tasks, WorkerSettings } from "./tasks.ts";

const port = parentPort;
if (port === null) throw new Error("this file is the images worker and runs as one only");
const settings: WorkerSettings = workerData;
const tasks = makeTasks(settings);

port.on("message", (call: Call) => void answer(call));

async function answer(call: Call): Promise<void> {
  let reply: Reply;
  let transfer: ArrayBuffer[] = [];
  try {
    const value = await run(call);
    if (value instanceof Uint8Array && value.buffer instanceof ArrayBuffer) transfer = [value.buffer];
    reply = { id: call.id, value };
  } catch (error) {
    if (codeOf(error) === "ENOSPC") tasks.makeRoom();
    reply = { id: call.id, error: sendable(error) };
  }
  port?.postMessage(reply, transfer);
}

function run(call: Call): unknown {
  const task = tasks[call.name as keyof Tasks] as (...args: readonly unknown[]) => unknown;
  return task(...call.args);
}

function sendable(error: unknown): SentError {
  if (error instanceof Problem) {
    const { message, code, path, hint } = error;
    return { message, code, problem: { path, hint } };
  }
  return { message: error instanceof Error ? error.message : String(error), code: codeOf(error), problem: null };
}
