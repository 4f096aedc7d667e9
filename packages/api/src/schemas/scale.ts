import type { ScaleOverride } from "@berth/core";
import { z } from "zod";

const count = z.int().min(0).max(1_000);

export const scaleOverrideSchema = z.strictObject({ min: count.optional(), max: count.optional() }).meta({
  id: "ScaleOverride",
  description: "Bounds on top of berth.yaml; the same number twice is a fixed one",
}) satisfies z.ZodType<ScaleOverride>;

export const scaleChange = z
  .strictObject({
    reset: z.boolean().default(false).describe("Forget all overrides first"),
    services: z
      .record(z.string().min(1).max(63), scaleOverrideSchema.nullable())
      .default({})
      .describe("By service, what is laid over its override so far; null: as berth.yaml has it"),
  })
  .meta({ examples: [{ services: { web: { min: 3, max: 3 } } }] });
