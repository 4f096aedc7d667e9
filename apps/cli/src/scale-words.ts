import { usageError } from "./framework/usage-error.ts";

export interface ScaleOptions {
  min: string | undefined;
  max: string | undefined;
  reset: boolean;
}

export interface ScaleChange {
  reset: boolean;
  services: Record<string, { min?: number; max?: number } | null>;
}

const most = 1_000;
const hint = "Such as: berth scale web=3, berth scale web --min 1 --max 5, berth scale web --reset";

/** What is asked for, in the words of the command line; null: to be shown what holds. Throws `input.invalid`. */
export function readScale(words: string | undefined, { min, max, reset }: ScaleOptions): ScaleChange | null {
  const given = words === undefined ? [] : words.split(/\s+/).filter((word) => word !== "");
  const bounds = {
    ...(min !== undefined && { min: readNumber("--min", min) }),
    ...(max !== undefined && { max: readNumber("--max", max) }),
  };
  const hasBounds = min !== undefined || max !== undefined;
  if (reset && hasBounds) throw usageError("--reset takes bounds back, and sets none.", hint);
  if (bounds.min !== undefined && bounds.max !== undefined && bounds.min > bounds.max)
    throw usageError(`--min ${bounds.min} is more than --max ${bounds.max}.`, hint);
  if (given.length === 0) {
    if (hasBounds) throw usageError("--min and --max need the name of a service.", hint);
    return reset ? { reset: true, services: {} } : null;
  }
  const services: ScaleChange["services"] = {};
  for (const word of given) {
    const [name = "", number] = word.split("=", 2);
    if (number !== undefined && (reset || hasBounds))
      throw usageError(`${word} is a fixed number, and goes without --min, --max and --reset.`, hint);
    if (number === undefined && !reset && !hasBounds)
      throw usageError(`How many instances of ${name} there should be is missing.`, hint);
    if (name === "") throw usageError(`${JSON.stringify(word)} names no service.`, hint);
    services[name] = reset ? null : number === undefined ? bounds : fixed(readNumber(name, number));
  }
  return { reset: false, services };
}

function fixed(number: number) {
  return { min: number, max: number };
}

function readNumber(what: string, text: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw usageError(`${what} cannot be ${JSON.stringify(text)}.`, `It is a number from 0 to ${most}.`);
}
