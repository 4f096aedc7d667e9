import { Cron } from "croner";

/** The times of a schedule, each in milliseconds since the epoch. */
export interface CronSchedule {
  /** The first one after a moment; null where there is none any more. */
  after(moment: number): number | null;
  /** The newest one up to a moment, itself included; null where there was none. */
  upTo(moment: number): number | null;
}

const names = {
  months: "jan feb mar apr may jun jul aug sep oct nov dec".split(" "),
  days: "sun mon tue wed thu fri sat".split(" "),
};
const nicknames = ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"];

const fields: readonly { what: string; min: number; max: number; names: readonly string[] }[] = [
  { what: "minute", min: 0, max: 59, names: [] },
  { what: "hour", min: 0, max: 23, names: [] },
  { what: "day of the month", min: 1, max: 31, names: [] },
  { what: "month", min: 1, max: 12, names: names.months },
  { what: "day of the week", min: 0, max: 6, names: names.days },
];

/**
 * What is wrong with a schedule, as "expected …"; null where nothing is. It is one that every runtime understands: five fields of `*`,
 * numbers, names, ranges, steps and lists of them, or a nickname such as `@daily`. That it is never due is wrong, too.
 */
export function scheduleProblem(text: string): string | null {
  if (nicknames.includes(text)) return null;
  if (text.startsWith("@")) return `expected one of ${nicknames.join(", ")}, or five fields`;
  const parts = text.split(/\s+/);
  if (parts.length !== fields.length)
    return "expected five fields such as `0 3 * * *`: minute, hour, day of the month, month, day of the week";
  for (const [index, field] of fields.entries()) {
    const isRight = parts[index]!.split(",").every((part) => isPart(part, field));
    if (!isRight) {
      const named = field.names.length === 0 ? "" : ` or ${field.names[0]} to ${field.names.at(-1)}`;
      return `expected ${field.what === "hour" ? "an" : "a"} ${field.what} from ${field.min} to ${field.max}${named}, \`*\`, a range, a step or a list, and not ${JSON.stringify(parts[index])}`;
    }
  }
  return new Cron(text, { timezone: "UTC", paused: true }).nextRun(new Date(0)) === null
    ? "expected a schedule that is due some day"
    : null;
}

// One of a list: `*`, `5`, `1-5`, `mon-fri`; ranges and `*` also with a step, such as `1-30/5`.
function isPart(part: string, { min, max, names: words }: (typeof fields)[number]): boolean {
  const match = /^(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/(\d{1,2}))?$/i.exec(part);
  if (match === null) return false;
  const [, first, last, step] = match;
  if (step !== undefined && (Number(step) < 1 || (first !== undefined && last === undefined))) return false;
  const read = (word: string) => {
    const index = words.indexOf(word.toLowerCase());
    return index === -1 ? (/^\d{1,2}$/.test(word) ? Number(word) : NaN) : index + min;
  };
  const from = first === undefined ? min : read(first);
  const to = last === undefined ? from : read(last);
  return from >= min && to <= max && from <= to;
}

/** Whether this machine knows a time zone, as the IANA database names it. */
export function isTimeZone(name: string): boolean {
  // Offsets are taken by JavaScript, and by no cluster.
  if (!/^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions();
    return true;
  } catch {
    return false;
  }
}

/**
 * A schedule in a time zone. Where clocks go forward, what is due at an hour that is left out is due right after it; where they go back,
 * what is due at a certain hour is due once, at the first of the two, and what is due every hour or more often goes on through both.
 */
export function makeSchedule(text: string, timezone: string): CronSchedule {
  const cron = new Cron(text, { timezone, paused: true });
  return {
    after: (moment) => cron.nextRun(new Date(moment))?.getTime() ?? null,
    upTo: (moment) => cron.previousRuns(1, new Date(moment + 1))[0]?.getTime() ?? null,
  };
}
