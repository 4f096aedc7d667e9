import { type Logger, pino } from "pino";
import { logLineText } from "./log-line-text.ts";
import type { Settings } from "../settings/settings.ts";

/** The server's own log on the error output: JSON lines for programs, and lines to be read on a terminal. */
export function makeLog(settings: Pick<Settings, "logLevel">, isTerminal: boolean): Logger {
  const output = pino.destination({ fd: 2, sync: true });
  return pino(
    { level: settings.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    isTerminal ? { write: (line) => output.write(`${logLineText(line)}\n`) } : output,
  );
}
