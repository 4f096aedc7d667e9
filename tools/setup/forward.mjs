import { constants } from "node:os";

// A terminal sends Ctrl-C to every process of its group, and npm sends it once more to the one it started.
const sameMs = 200;

/**
 * Waits for a child that has a process group of its own, and hands it each signal exactly once.
 * Resolves to the child's exit code, or 128 + n where signal n ended it.
 */
export function runForwarding(child) {
  const lastAt = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastAt.get(signal) ?? -Infinity) < sameMs) return;
      lastAt.set(signal, now);
      child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}
