import { qualifiedImage } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { baseSchema, basesQuery, baseUpdate, exampleBase } from "../schemas/base.ts";

const tag = "bases";

export function baseRoutes({ bases }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/bases",
      endpoint({
        id: "listBases",
        tag,
        summary: "List base images",
        description:
          "With `ask`, their registries are asked for newer ones; one that does not answer is told in `problem`.",
        role: "viewer",
        answers: {
          200: jsonAnswer("All that are pinned", z.object({ items: z.array(baseSchema) }), { items: [exampleBase] }),
        },
      }),
      validate("query", basesQuery),
      async (c) => c.json({ items: await bases.list(c.req.valid("query").ask === "true") }, 200),
    )
    .post(
      "/bases/update",
      endpoint({
        id: "updateBases",
        tag,
        summary: "Update base images",
        description: "Moves pins to what the names stand for now. What runs stays as it is until it is built again.",
        role: "deployer",
        answers: {
          200: jsonAnswer("Those that have moved", z.object({ items: z.array(baseSchema) }), { items: [exampleBase] }),
        },
        errors: ["base.not-found", "base.unauthorised", "registry.failed"],
      }),
      validate("json", baseUpdate),
      async (c) => {
        const images = c.req.valid("json").images?.map(qualifiedImage) ?? null;
        return c.json({ items: await bases.update(images, c.get("auth")) }, 200);
      },
    );
}
