import { usageError } from "./framework/usage-error.ts";

/** The number of a release as people write it: `v11` or `11`. Throws `input.invalid`. */
export function readVersion(text: string): number {
  const number = Number(/^v?(\d{1,9})$/i.exec(text)?.[1] ?? Number.NaN);
  if (number >= 1) return number;
  throw usageError(`${JSON.stringify(text)} is not a version.`, "It looks like v11; `berth releases` lists them.");
}

/** A number of lines or items. Throws `input.invalid`. */
export function readCount(option: string, text: string | undefined, fallback: number, max: number): number {
  if (text === undefined) return fallback;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= max) return number;
  throw usageError(`${option} cannot be ${JSON.stringify(text)}.`, `It is a number from 0 to ${max}.`);
}
