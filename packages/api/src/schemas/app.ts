import type { App } from "@berth/core";
import { z } from "zod";
import { appName, person, time } from "./common.ts";

const app = z.object({
  name: appName,
  defaultBranch: z.string().nullable().describe("The branch that deploys to production; null until the first push"),
  createdAt: time,
  createdBy: person,
}) satisfies z.ZodType<App>;

export const appSchema = app
  .extend({ url: z.string().describe("Where production is served") })
  .meta({ id: "App", description: "What one repository deploys" });

export const newApp = z
  .strictObject({
    name: z.string().describe("3 to 30 characters: a-z, 0-9 and single hyphens, starting with a letter"),
    defaultBranch: z
      .string()
      .min(1)
      .max(200)
      .nullable()
      .default(null)
      .describe("The branch that deploys to production; null: the first push of main or master decides"),
  })
  .meta({ examples: [{ name: "shop" }] });

export const appChange = z
  .strictObject({ defaultBranch: z.string().min(1).max(200).describe("The branch that deploys to production") })
  .meta({ examples: [{ defaultBranch: "trunk" }] });

export const exampleApp: z.input<typeof appSchema> = {
  name: "shop",
  defaultBranch: "main",
  createdAt: 1_767_225_600_000,
  createdBy: "ada",
  url: "http://shop.localhost:4000",
};
