import type { UnknownWorkload } from "@berth/core";
import { z } from "zod";

export const unknownWorkloadSchema = z
  .object({
    app: z.string().describe("As its labels say; there may be no such app"),
    environment: z.string(),
    service: z.string(),
    workload: z.string().describe("Its id"),
    replicas: z.int().min(0).describe("How many instances it has been asked for"),
  })
  .meta({
    id: "UnknownWorkload",
    description: "What runs and no release of this server has made",
  }) satisfies z.ZodType<UnknownWorkload>;

export const unknownWorkloads = z.object({ items: z.array(unknownWorkloadSchema).readonly() });

export const removeUnknownRequest = z
  .strictObject({ workloads: z.array(z.string().min(1).max(63)).min(1).max(1_000).describe("Their ids") })
  .meta({ examples: [{ workloads: ["3f422303ff5b9d8a4bdb"] }] });

export const exampleUnknown: z.input<typeof unknownWorkloads> = {
  items: [{ app: "shop", environment: "production", service: "web", workload: "3f422303ff5b9d8a4bdb", replicas: 1 }],
};
