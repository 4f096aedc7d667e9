import { keptUsageMs, usageBucketMs } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { efficiencyKey, judgeAll, pageOfEfficiency } from "../efficiency.ts";
import { findApp, findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { appName, scopeParam } from "../schemas/common.ts";
import { makePage, pageSchema, textPage } from "../schemas/page.ts";
import { efficiencySchema, exampleBucket, exampleEfficiency, usageBucketSchema } from "../schemas/usage.ts";

const tag = "usage";
const usageQuery = z.strictObject({
  service: z.string().min(1).max(63).optional().describe("Only of this service"),
  since: z.coerce
    .number<string | number>()
    .int()
    .min(0)
    .optional()
    .describe("Only buckets that began then or later, in milliseconds since the epoch"),
});
const usageSchema = z.object({
  bucketMs: z.int().min(1).describe("How long a bucket is"),
  items: z.array(usageBucketSchema),
});
const efficiencyQuery = textPage.extend({ app: appName.optional().describe("Only of this app") });

/** What services took, and how well that was used. */
export function usageRoutes({ store, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps/:app/environments/:environment/usage",
      endpoint({
        id: "listUsage",
        tag,
        summary: "See what services took in the last day",
        description:
          "In buckets of five minutes that have ended, by service, oldest first: at most 289 of each. There is none of a time in which the server did not run.",
        role: "viewer",
        answers: {
          200: jsonAnswer("All buckets", usageSchema, { bucketMs: usageBucketMs, items: [exampleBucket] }),
        },
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", usageQuery),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const { service, since = 0 } = c.req.valid("query");
        const oldest = Math.max(since, clock.now() - keptUsageMs);
        const items = await store.usage.list({ ...scope, ...(service !== undefined && { service }) }, oldest);
        return c.json({ bucketMs: usageBucketMs, items }, 200);
      },
    )
    .get(
      "/efficiency",
      endpoint({
        id: "listEfficiency",
        tag,
        summary: "See how well environments use what they reserve, and what to change",
        description: "Of the last 24 hours, of what is live; worst first.",
        role: "viewer",
        answers: {
          200: jsonAnswer("A page of environments", pageSchema(efficiencySchema, z.string()), {
            items: [exampleEfficiency],
            next: null,
          }),
        },
        errors: ["app.not-found"],
      }),
      validate("query", efficiencyQuery),
      async (c) => {
        const { app, ...page } = c.req.valid("query");
        if (app !== undefined) await findApp(store, app);
        const all = await judgeAll({ store, clock }, app ?? null);
        const list = async (asked: { limit: number; after?: string }) => pageOfEfficiency(all, asked);
        return c.json(await makePage(page, list, efficiencyKey, (one) => one), 200);
      },
    );
}
