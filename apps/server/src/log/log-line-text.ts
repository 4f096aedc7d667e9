import { z } from "zod";

const errorLevel = 50;
const levelNames = new Map([
  [10, "trace"],
  [20, "debug"],
  [30, "info"],
  [40, "warn"],
  [errorLevel, "error"],
  [60, "fatal"],
]);

const lineSchema = z.looseObject({
  level: z.number(),
  time: z.string(),
  part: z.string().optional(),
  msg: z.string().optional(),
  err: z.looseObject({ message: z.string(), stack: z.string().optional() }).optional(),
});

/** A line of the log as a person reads it: when, how bad, where, what, and with what. The stack only of an error. */
export function logLineText(json: string): string {
  const { level, time, part, msg, err, ...rest } = lineSchema.parse(JSON.parse(json));
  const fields = Object.entries(rest).map(([name, value]) => `${name}=${valueText(value)}`);
  const said = [msg, err?.message].filter((text) => text !== undefined && text !== "");
  const what = [...new Set(said)].join(": ");
  const where = part === undefined ? [] : [`${part}:`];
  const line = [time.slice(11, 19), levelNames.get(level) ?? `${level}`, ...where, what, ...fields]
    .map(visible)
    .join(" ");
  const stack = level >= errorLevel ? (err?.stack?.split("\n").slice(1) ?? []) : [];
  return [line, ...stack.map(visible)].join("\n");
}

function valueText(value: unknown): string {
  return typeof value === "string" && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value);
}

/** What others put into a name or a path must not steer the terminal. */
function visible(text: string): string {
  return text.replace(/\p{Cc}/gu, "\uFFFD");
}
