import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { auditEntrySchema, exampleAuditEntry } from "../schemas/audit.ts";
import { appName } from "../schemas/common.ts";
import { makePage, numberPage, pageSchema } from "../schemas/page.ts";

const auditQuery = numberPage.extend({ app: appName.optional().describe("Only what concerns this app") });

export function auditRoutes({ store }: ApiDeps) {
  return new Hono<ApiEnv>().get(
    "/audit",
    endpoint({
      id: "listAudit",
      tag: "audit",
      summary: "See who changed what",
      description: "Newest first.",
      role: "viewer",
      answers: {
        200: jsonAnswer("A page of entries", pageSchema(auditEntrySchema, z.int()), {
          items: [exampleAuditEntry],
          next: null,
        }),
      },
    }),
    validate("query", auditQuery),
    async (c) => {
      const { app, ...query } = c.req.valid("query");
      const page = await makePage(
        query,
        (page) => store.audit.list(app === undefined ? {} : { app }, page),
        (entry) => entry.seq,
        (entry) => entry,
      );
      return c.json(page, 200);
    },
  );
}
