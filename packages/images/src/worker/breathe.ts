import type { Breathe } from "../layer/compressor.ts";

/** How long a task may go on before others have a turn. */
const turnMs = 20;

/** Lets the thread serve other calls now and then; costs nothing in between. */
export function makeBreathe(): Breathe {
  let since = performance.now();
  let calls = 0;
  const goOn = Promise.resolve();
  return () => {
    if (++calls % 32 !== 0 || performance.now() - since < turnMs) return goOn;
    return new Promise((resolve) => {
      setImmediate(() => {
        since = performance.now();
        resolve();
      });
    });
  };
}
