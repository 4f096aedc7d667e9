import { parentPort, workerData } from "node:worker_threads";
import { makeComponents } from "./bom.ts";
import { parseLockfiles } from "./parse-lockfiles.ts";

// Reads the lockfiles it is started with, answers once and ends.
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
parentPort?.postMessage(makeComponents(await parseLockfiles(workerData)));
