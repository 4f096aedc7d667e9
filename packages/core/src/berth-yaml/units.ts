import { z } from "zod";
import { parseCpuMillis, parseDurationMs, parseMemoryBytes, parsePercent } from "../parse-units.ts";
import { type JsonSchema, written } from "./written.ts";

function unit(parse: (text: string) => number | null, expected: string, instead: JsonSchema) {
  const schema = z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed === null) context.addIssue({ code: "custom", message: `expected ${expected}` });
    return parsed ?? 0;
  });
  return written(schema, { instead });
}

const text = (pattern: string, ...examples: string[]) => ({ type: "string", pattern: `^${pattern}$`, examples });

export const durationMs = unit(
  parseDurationMs,
  "a duration such as 500ms, 5s, 10m, 2h or 7d",
  text("\\d+(\\.\\d+)?(ms|s|m|h|d)", "5s", "10m", "2h"),
);
export const memoryBytes = unit(
  parseMemoryBytes,
  "an amount of memory such as 256Mi or 1Gi",
  text("\\d+(\\.\\d+)?(Ki|Mi|Gi|k|M|G)", "256Mi", "1Gi"),
);
export const cpuMillis = unit(parseCpuMillis, "an amount of CPU such as 250m or 0.5", {
  anyOf: [text("\\d+(\\.\\d+)?m?", "250m"), { type: "number", minimum: 0, examples: [0.5] }],
});
export const percent = unit(parsePercent, "a percentage from 1% to 100%, such as 70%", text("([1-9]\\d?|100)%", "70%"));
