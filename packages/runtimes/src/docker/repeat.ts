import { toBerthError } from "@berth/core";
import type { Clock, Log } from "@berth/core";

export interface RepeatDeps {
  clock: Clock;
  log: Log;
  signal: AbortSignal;
  /** Whether there is any use in it now. */
  isOn(): boolean;
}

/** Does something from time to time; what fails is done again the next time. */
export async function repeat(
  { clock, log, signal, isOn }: RepeatDeps,
  pauseMs: number,
  act: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(pauseMs, signal);
    if (signal.aborted || !isOn()) continue;
    await act().catch((error: unknown) => {
      log.debug({ error: toBerthError(error) }, "The Docker engine could not be asked");
    });
  }
}
