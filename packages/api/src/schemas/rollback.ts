import type { RollbackCheck, RollbackFinding } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, versionNumber } from "./common.ts";
import { drillSummarySchema } from "./drill.ts";

export const rollbackBody = z
  .strictObject({
    version: versionNumber
      .nullable()
      .default(null)
      .describe("The version to go back to; null: the one before the live one"),
    force: z.boolean().default(false).describe("Go back though it is not safe; who did is in the audit"),
    undo: z.boolean().default(true).describe("False: leave what release commands did since as it is"),
  })
  .meta({ examples: [{ version: 11 }] })
  .optional();

export const verdictQuery = z.strictObject({
  version: z.coerce
    .number<string | number>()
    .int()
    .min(1)
    .optional()
    .describe("The version to go back to; otherwise the one before the live one"),
  undo: z.enum(["true", "false"]).default("true").describe("`false`: as if what release commands did were to stay"),
});

const finding = z
  .object({
    kind: z.enum([
      "command",
      "command-safe",
      "command-failed",
      "command-undone",
      "undo",
      "undo-image",
      "image-gone",
      "image-unfit",
      "quota",
      "cluster",
    ]),
    weight: z
      .enum(["note", "blocks", "impossible"])
      .describe("`note`: no obstacle. `blocks`: it needs `force`. `impossible`: nothing helps"),
    version: versionNumber.describe("The release that it is about"),
    service: z.string().nullable(),
    message: z.string(),
    hint: z.string().nullable(),
  })
  .meta({
    id: "RollbackFinding",
    description: "Something to know before a rollback",
  }) satisfies z.ZodType<RollbackFinding>;

export const verdictSchema = z
  .object({
    app: appName,
    environment: environmentName,
    version: versionNumber.describe("The deploy whose content would come back"),
    outcome: z.enum(["safe", "blocked"]),
    canForce: z.boolean().describe("Whether `force` would have it done all the same"),
    undoes: z.array(versionNumber).describe("Whose undo commands would run, in this order"),
    findings: z.array(finding),
    drill: drillSummarySchema.nullable().describe("The last drill of it; null: there was none lately"),
  })
  .meta({
    id: "RollbackVerdict",
    description: "What a rollback would do, and whether it is safe",
  }) satisfies z.ZodType<RollbackCheck>;

export const exampleVerdict: z.input<typeof verdictSchema> = {
  app: "shop",
  environment: "production",
  version: 11,
  outcome: "blocked",
  canForce: true,
  undoes: [],
  findings: [
    {
      kind: "command",
      weight: "blocks",
      version: 12,
      service: "web",
      message:
        "v12's release command has run since (node migrate.js, 2026-01-01 00:00 UTC, by ada), and berth.yaml had no release.undo that takes it back.",
      hint: "If v11 works with what it did: berth rollback v11 --app shop --force",
    },
  ],
  drill: {
    operation: "op_01kdv9z3b4",
    at: 1_767_225_600_412,
    by: "ada",
    outcome: "passed",
    probes: 2,
    probesPassed: 2,
  },
};
