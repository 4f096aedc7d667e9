import { type Logger, pino } from "pino";
import type { Settings } from "./settings.ts";

/** The server's own log: JSON lines on the error output, so that what a person reads stays apart. */
export function makeLog(settings: Pick<Settings, "logLevel">): Logger {
  return pino(
    { level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ fd: 2, sync: true }),
  );
}
