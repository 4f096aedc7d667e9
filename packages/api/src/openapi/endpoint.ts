import { requireRole } from "@berth/core";
import type { MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { ApiEnv } from "../deps.ts";
import { type Answer, type Endpoint, markEndpoint } from "./marks.ts";

/** The first handler of each route: documents it, and lets only those pass whose role includes the one it says. */
export function endpoint(description: Endpoint): MiddlewareHandler<ApiEnv> {
  const what = description.summary.charAt(0).toLowerCase() + description.summary.slice(1);
  const guard: MiddlewareHandler<ApiEnv> = async (c, next) => {
    requireRole(c.get("auth"), description.role, what);
    await next();
  };
  return markEndpoint(guard, description);
}

/** An answer in JSON. */
export function jsonAnswer<Schema extends z.ZodType>(
  description: string,
  schema: Schema,
  example: z.input<Schema>,
): Answer {
  return { description, content: { "application/json": { schema, example } } };
}

/** An answer that says everything by its status. */
export function emptyAnswer(description: string): Answer {
  return { description, content: {} };
}
