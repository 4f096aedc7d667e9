import { randomBytes } from "node:crypto";
import type { Clock, Random } from "./deps.ts";

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      }
      signal?.addEventListener("abort", done, { once: true });
    }),
};

/** The machine's cryptographic randomness. */
export const systemRandom: Random = { bytes: (count) => randomBytes(count) };
