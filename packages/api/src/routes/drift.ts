import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { scopeParam } from "../schemas/common.ts";
import { driftReport, exampleDrift } from "../schemas/drift.ts";

export function driftRoutes({ store, deployments }: ApiDeps) {
  return new Hono<ApiEnv>().get(
    "/apps/:app/environments/:environment/drift",
    endpoint({
      id: "getDrift",
      tag: "environments",
      summary: "Read what was changed by hand",
      description:
        "What somebody else has changed of what Berth made since the server's start, newest first. It has been put back.",
      role: "viewer",
      answers: { 200: jsonAnswer("What was changed", driftReport, exampleDrift) },
      errors: ["app.not-found", "environment.not-found"],
    }),
    validate("param", scopeParam),
    async (c) => {
      const scope = c.req.valid("param");
      await findEnvironment(store, scope);
      const items = deployments.drift(scope);
      return c.json({ isWatched: items !== null, items: items ?? [] }, 200);
    },
  );
}
