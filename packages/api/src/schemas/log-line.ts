import { z } from "zod";
import type { ServiceLogLine } from "../deps.ts";
import { time, versionNumber } from "./common.ts";

export const logLineSchema = z
  .object({
    at: time,
    service: z.string(),
    version: versionNumber,
    instance: z.string(),
    stream: z.enum(["stdout", "stderr", "berth"]).describe("`berth`: what Berth says about the instance"),
    text: z.string(),
  })
  .meta({ id: "LogLine", description: "A line of output" }) satisfies z.ZodType<ServiceLogLine>;

export const outputLineSchema = z
  .object({ at: time, stream: z.enum(["stdout", "stderr", "berth"]), text: z.string() })
  .meta({ id: "OutputLine", description: "A line that a command has printed" });

export type OutputLine = z.infer<typeof outputLineSchema>;

export const exampleOutputLine: OutputLine = { at: 1_767_225_600_000, stream: "stdout", text: "12 rows" };

export const exampleLogLine: z.input<typeof logLineSchema> = {
  at: 1_767_225_600_000,
  service: "web",
  version: 12,
  instance: "web-3f5a1c-1",
  stream: "stdout",
  text: "listening on 41234",
};
