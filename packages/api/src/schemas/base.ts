import type { BaseStatus } from "@berth/core";
import { z } from "zod";
import { person, time } from "./common.ts";

const digest = z.templateLiteral(["sha256:", z.string()]);

export const baseSchema = z
  .object({
    image: z.string().describe("Its name in full"),
    digest: digest.describe("What apps are built on"),
    pinnedAt: time,
    pinnedBy: person,
    newer: digest.nullable().describe("What the name stands for now, where that is something else"),
    problem: z.string().nullable().describe("Why its registry did not say what is new"),
    usedBy: z
      .array(z.string())
      .readonly()
      .describe("Environments whose live release stands on it or was built in it, as `app/environment`"),
    outdated: z.array(z.string()).readonly().describe("Those of them where it was another digest than the pinned one"),
  })
  .meta({ id: "Base", description: "A base image and the content it is pinned to" }) satisfies z.ZodType<BaseStatus>;

export const basesQuery = z.object({
  ask: z.enum(["true", "false"]).default("false").describe("Whether registries are asked for newer ones"),
});

export const baseUpdate = z
  .strictObject({
    images: z.array(z.string().min(1).max(300)).max(100).optional().describe("Their names; left out, all are updated"),
  })
  .meta({ examples: [{ images: ["node:24-slim"] }] });

export const exampleBase: z.input<typeof baseSchema> = {
  image: "docker.io/library/node:24-slim",
  digest: `sha256:${"3f".repeat(32)}`,
  pinnedAt: 1_767_225_600_000,
  pinnedBy: "ada",
  newer: null,
  problem: null,
  usedBy: ["shop/production"],
  outdated: [],
};
