const sizeText = /^[+]?(\d+(\.\d*)?|\.\d+)(e[+]?\d{1,2})?$/i;

/** The number that a metric command has printed as its last line, with nothing beside it; null where that is none, or less than nothing. */
export function readBacklog(output: string): number | null {
  const last = lastLine(output);
  return last !== null && sizeText.test(last) ? Number(last) : null;
}

/** The last line with something on it; null where there is none. */
export function lastLine(output: string): string | null {
  const lines = output.split(/\r?\n/).map((line) => line.trim());
  return lines.findLast((line) => line !== "") ?? null;
}
