import type { Drift, DriftField } from "@berth/core";
import { z } from "zod";
import { time } from "./common.ts";
import { unknownWorkloadSchema } from "./workload.ts";

const fieldSchema = z.object({
  path: z.string().describe("Such as `spec.template.spec.containers[app].image`; empty for the whole object"),
  desired: z.string().nullable().describe("What Berth has made it; null where it was added"),
  found: z.string().nullable().describe("What it was found as; null where it was gone"),
  manager: z
    .string()
    .nullable()
    .describe("Who has set it, such as `kubectl-edit`; null where the cluster does not tell"),
  setAt: time.nullable(),
  refusal: z.string().nullable().describe("Why `berth drift --adopt` cannot keep it; null where it can"),
}) satisfies z.ZodType<Omit<DriftField, "adoption">>;

const driftSchema = z
  .object({
    at: time.describe("When it was put back"),
    object: z.string().describe("What it concerns, such as `Deployment web-1f0c3aa21f0c`"),
    fields: z.array(fieldSchema).readonly(),
  })
  .meta({ id: "Drift", description: "What was changed by hand and has been put back" });

/** Drift as the API tells of it. */
export function viewDrift({ at, object, fields }: Drift): z.output<typeof driftSchema> {
  const told = fields.map(({ adoption, ...field }) => ({
    ...field,
    refusal: "refusal" in adoption ? adoption.refusal : null,
  }));
  return { at, object, fields: told };
}

export const adoptRequest = z
  .strictObject({
    objects: z
      .array(z.string().min(1).max(253))
      .max(100)
      .default([])
      .describe("Which objects' changes, such as `Deployment web-1f0c3aa21f0c` or its name alone; none: all"),
    reset: z.boolean().default(false).describe("Forget what was adopted before, and adopt nothing"),
  })
  .meta({ examples: [{ objects: ["Deployment web-1f0c3aa21f0c"], reset: false }] });

export const driftReport = z.object({
  isWatched: z.boolean().describe("Whether the runtime has objects that a hand could change"),
  items: z.array(driftSchema).readonly(),
  unknown: z
    .array(unknownWorkloadSchema)
    .readonly()
    .describe("What runs there and no release has made; it is left alone"),
});

export const exampleDrift: z.input<typeof driftReport> = {
  isWatched: true,
  unknown: [],
  items: [
    {
      at: 1_767_225_600_000,
      object: "Deployment web-1f0c3aa21f0c",
      fields: [
        {
          path: "spec.template.spec.containers[app].image",
          desired: "registry.example.com/shop@sha256:3f",
          found: "nginx",
          manager: "kubectl-edit",
          setAt: 1_767_225_599_000,
          refusal: "images are built from source: push the change",
        },
      ],
    },
  ],
};
