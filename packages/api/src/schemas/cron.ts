import type { Cron, CronRun, CronStatus } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, person, time, versionNumber } from "./common.ts";

const overlap = z
  .enum(["skip", "allow", "replace"])
  .describe("What is done where it is due while a run before still goes on");
const durationMs = z.number().min(0);

export const cronSchema = z.object({
  schedule: z.string().describe("Five fields, or a nickname such as @daily"),
  timezone: z.string(),
  overlap,
  timeoutMs: durationMs.describe("A run is ended after so long"),
  catchUpMs: durationMs.describe("The newest run that was missed is made up for as long after its time"),
  inPreviews: z.boolean().describe("Whether it runs in previews, too"),
}) satisfies z.ZodType<Cron>;

export const cronRunSchema = z
  .object({
    id: z.string(),
    app: appName,
    environment: environmentName,
    service: z.string(),
    state: z
      .enum(["running", "succeeded", "failed", "unknown", "skipped", "missed"])
      .describe(
        "unknown: nobody can say whether it ran, or how it ended; skipped: one before it still went on; missed: nobody was there to start it",
      ),
    dueAt: time.describe("When it was due, or asked for; of several that were missed the newest"),
    count: z.int().min(1).describe("How many it stands for: more than one only of such as were missed; at most 1,000"),
    cause: z.union([z.object({ kind: z.literal("schedule") }), z.object({ kind: z.literal("person"), by: person })]),
    version: versionNumber.nullable().describe("The release that it runs on; null where nothing was started"),
    task: z
      .object({
        id: z.string(),
        run: z.string().describe("The operation of a person, or the run itself"),
        timeoutMs: durationMs,
      })
      .nullable()
      .describe("What runs it; null where nothing was started"),
    startedAt: time.nullable(),
    endedAt: time.nullable(),
    exitCode: z.int().nullable(),
    reason: z.string().nullable().describe("Why it did not end well, or did not run"),
    lines: z.array(z.string()).describe("What it printed last"),
  })
  .meta({ id: "CronRun", description: "What a schedule has come to at one of its times" }) satisfies z.ZodType<CronRun>;

export const cronStatusSchema = cronSchema
  .omit({ inPreviews: true })
  .extend({
    service: z.string(),
    isScheduled: z.boolean().describe("False in a preview, unless berth.yaml has it run there, too"),
    paused: z.object({ at: time, by: person }).nullable(),
    nextAt: time.nullable().describe("When it is due next"),
    last: cronRunSchema.nullable().describe("The newest of its history"),
  })
  .meta({ id: "Cron", description: "A service with a schedule" }) satisfies z.ZodType<CronStatus>;

export const exampleCronRun: z.input<typeof cronRunSchema> = {
  id: "cr-0mjw0b5c0-nightly",
  app: "shop",
  environment: "production",
  service: "nightly",
  state: "failed",
  dueAt: 1_767_225_600_000,
  count: 1,
  cause: { kind: "schedule" },
  version: 12,
  task: { id: "3f5a1c9d2b7e4f60a1b2", run: "cr-0mjw0b5c0-nightly", timeoutMs: 86_400_000 },
  startedAt: 1_767_225_600_140,
  endedAt: 1_767_225_603_200,
  exitCode: 1,
  reason: "it exited with code 1",
  lines: ["Error: connect ECONNREFUSED 10.0.0.7:5432"],
};

export const exampleCron: z.input<typeof cronStatusSchema> = {
  service: "nightly",
  schedule: "0 3 * * *",
  timezone: "Europe/Berlin",
  overlap: "skip",
  timeoutMs: 86_400_000,
  catchUpMs: 0,
  isScheduled: true,
  paused: null,
  nextAt: 1_767_319_200_000,
  last: exampleCronRun,
};
