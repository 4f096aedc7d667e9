import { constants } from "node:os";

// A terminal sends Ctrl-C to every process of its group, and npm sends it once more to the one it started.
const sameMs = 500;

/**
 * Waits for a child that was started `detached`, so that it has a process group of its own and gets each signal from
 * here only, exactly once. `wholeGroup` signals what the child started too, as a terminal would.
 * Resolves to the child's exit code, or 128 + n where signal n ended it.
 */
export function runForwarding(child, { wholeGroup = false } = {}) {
  const lastAt = new Map();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"]) {
    process.on(signal, () => {
      const now = performance.now();
      if (now - (lastAt.get(signal) ?? -Infinity) < sameMs) return;
      lastAt.set(signal, now);
      send(child, signal, wholeGroup);
    });
  }
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function send(child, signal, wholeGroup) {
  try {
    process.kill(wholeGroup ? -child.pid : child.pid, signal);
  } catch (error) {
    // It ended in this very moment; its exit is about to be told.
    if (error.code !== "ESRCH") throw error;
  }
}
