import type { Drill } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, person, scopeParam, time, versionNumber } from "./common.ts";

const maxPaths = 50;

export const drillBody = z
  .strictObject({
    version: versionNumber
      .nullable()
      .default(null)
      .describe("The version to drill; null: the one that a rollback would return to"),
    paths: z
      .array(
        z
          .string()
          .max(2_000)
          .regex(/^\/[\x21-\x22\x24-\x7e]*$/, "expected a path such as /login?next=%2F, with all else percent-encoded"),
      )
      .max(maxPaths)
      .default([])
      .describe("What is asked for beside the health checks. They are kept with the result: no place for a secret"),
    workers: z.boolean().default(false).describe("Start workers, too, which then take work from the live ones"),
  })
  .meta({ examples: [{ version: 11, paths: ["/login"] }] })
  .optional();

export const drillParam = scopeParam.extend({
  operation: z.string().min(1).max(100).describe("The drill's operation"),
});

const probeAnswer = z.object({
  status: z.int().nullable().describe("Null: there was no answer"),
  durationMs: z.number().describe("Until it was over, or given up"),
  bytes: z.int().describe("Of the body; of one that goes on for longer than 10 s, as far as it came"),
  failure: z.string().nullable().describe("Why there was no answer, or not all of it"),
});

export const drillSchema = z
  .object({
    app: appName,
    environment: environmentName,
    operation: z.string(),
    version: versionNumber.describe("The deploy whose content was run"),
    live: versionNumber.nullable().describe("What was live beside it"),
    at: time.describe("When it was over"),
    by: person,
    outcome: z.enum(["passed", "failed"]),
    services: z.array(
      z.object({
        service: z.string(),
        state: z
          .enum(["started", "running", "failed", "left-out"])
          .describe("`running`: it ran before, for it is warm or what is live has the same"),
        readyMs: z.number().nullable().describe("From the drill's start until it was ready, where it was started"),
        reason: z.string().nullable().describe("Why it has failed or was left out"),
      }),
    ),
    probes: z.array(
      z.object({
        service: z.string().nullable().describe("Null: none of the release takes this path"),
        path: z.string(),
        drilled: probeAnswer,
        live: probeAnswer.nullable().describe("Null: nothing that is live takes this path"),
        isWorse: z.boolean().describe("What is live answers better"),
      }),
    ),
  })
  .meta({
    id: "Drill",
    description: "How it went when a release was run beside what is live",
  }) satisfies z.ZodType<Drill>;

export const drillSummarySchema = z.object({
  operation: z.string(),
  at: time,
  by: person,
  outcome: z.enum(["passed", "failed"]),
  probes: z.int(),
  probesPassed: z.int().describe("How many of them are no worse than what is live"),
});

export const exampleDrill: z.input<typeof drillSchema> = {
  app: "shop",
  environment: "production",
  operation: "op_01kdv9z3b4",
  version: 11,
  live: 12,
  at: 1_767_225_600_412,
  by: "ada",
  outcome: "passed",
  services: [{ service: "web", state: "started", readyMs: 312, reason: null }],
  probes: [
    {
      service: "web",
      path: "/login",
      drilled: { status: 200, durationMs: 9, bytes: 1_204, failure: null },
      live: { status: 200, durationMs: 4, bytes: 1_310, failure: null },
      isWorse: false,
    },
  ],
};
