import { parentPort, workerData } from "node:worker_threads";
import type { AskedPattern } from "./find-patterns.ts";

// Says of one after the other whether it is found, so that it is known at which one it came to a halt.
for (const { pattern, text } of workerData as readonly AskedPattern[])
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(new RegExp(pattern, "u").test(text));
