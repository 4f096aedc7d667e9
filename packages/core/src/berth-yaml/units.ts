import { z } from "zod";
import { parseCpuMillis, parseDurationMs, parseMemoryBytes, parsePercent } from "../parse-units.ts";

function unit(parse: (text: string) => number | null, expected: string) {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed === null) context.addIssue({ code: "custom", message: `expected ${expected}` });
    return parsed ?? 0;
  });
}

export const durationMs = unit(parseDurationMs, "a duration such as 500ms, 5s, 10m, 2h or 7d");
export const memoryBytes = unit(parseMemoryBytes, "an amount of memory such as 256Mi or 1Gi");
export const cpuMillis = unit(parseCpuMillis, "an amount of CPU such as 250m or 0.5");
export const percent = unit(parsePercent, "a percentage from 1% to 100%, such as 70%");
