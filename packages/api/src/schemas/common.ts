import { z } from "zod";

/** Milliseconds since the epoch. */
export const time = z.int().min(0).describe("Milliseconds since the epoch");
export const appName = z.string().min(1).max(63).describe("The app's name");
export const environmentName = z.string().min(1).max(63).describe("The environment's name, such as production");
export const versionNumber = z.int().min(1).describe("A release's number within its environment");
export const person = z.string().describe("Who, as a slug");

/** Where a path names an app, an environment, a release. */
export const appParam = z.object({ app: appName });
export const scopeParam = z.object({ app: appName, environment: environmentName });
export const releaseParam = scopeParam.extend({
  version: z.coerce.number<string | number>().int().min(1).describe("A release's number: 12 for v12"),
});

export const production = { app: "shop", environment: "production" } as const;
