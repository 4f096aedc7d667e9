import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findApp } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { exampleImages, imagesQuery, imagesSchema, prunedSchema } from "../schemas/image.ts";

const tag = "images";

export function imageRoutes({ images, store }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/images",
      endpoint({
        id: "listImages",
        tag,
        summary: "List images",
        description: "With the releases that need them, and what they take on the disk.",
        role: "viewer",
        answers: { 200: jsonAnswer("All images, or those of an app", imagesSchema, exampleImages) },
        errors: ["app.not-found"],
      }),
      validate("query", imagesQuery),
      async (c) => {
        const { app } = c.req.valid("query");
        if (app !== undefined) await findApp(store, app);
        return c.json(await images.report(app ?? null), 200);
      },
    )
    .post(
      "/images/prune",
      endpoint({
        id: "pruneImages",
        tag,
        summary: "Remove images that nothing needs",
        description:
          "It is done every ten minutes anyway. What a release names stays, and so does what is less than an hour old.",
        role: "deployer",
        answers: { 200: jsonAnswer("What became free", prunedSchema, { images: 3, freedBytes: 12_400_000 }) },
      }),
      async (c) => c.json(await images.prune(), 200),
    );
}
