import type { AuditEntry } from "@berth/core";
import { z } from "zod";
import { person, time } from "./common.ts";

export const auditEntrySchema = z
  .object({
    seq: z.int().min(1),
    at: time,
    person,
    action: z.string().describe("Such as `app.create`"),
    app: z.string().nullable(),
    environment: z.string().nullable(),
    detail: z.string(),
  })
  .meta({ id: "AuditEntry", description: "Who changed what, and when" }) satisfies z.ZodType<AuditEntry>;

export const exampleAuditEntry: z.input<typeof auditEntrySchema> = {
  seq: 1,
  at: 1_767_225_600_000,
  person: "ada",
  action: "app.create",
  app: "shop",
  environment: null,
  detail: "",
};
