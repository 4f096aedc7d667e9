import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { exampleUnknown, removeUnknownRequest, unknownWorkloads } from "../schemas/workload.ts";

const tag = "environments";

export function workloadRoutes({ deployments }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/workloads/unknown",
      endpoint({
        id: "listUnknownWorkloads",
        tag,
        summary: "See what runs without a release",
        description:
          "What this installation runs, and no release of this server has made: after a backup was restored, or with another data folder. It is left alone.",
        role: "viewer",
        answers: { 200: jsonAnswer("All of it", unknownWorkloads, exampleUnknown) },
      }),
      async (c) => c.json({ items: await deployments.unknown() }, 200),
    )
    .post(
      "/workloads/unknown/remove",
      endpoint({
        id: "removeUnknownWorkloads",
        tag,
        summary: "Remove what runs without a release",
        description: "Ends it, and removes what belongs to it. Only what `listUnknownWorkloads` tells of can be named.",
        role: "owner",
        answers: { 200: jsonAnswer("What was removed", unknownWorkloads, exampleUnknown) },
        errors: ["not-found"],
      }),
      validate("json", removeUnknownRequest),
      async (c) => {
        const items = await deployments.removeUnknown(c.req.valid("json").workloads, c.get("auth"));
        return c.json({ items }, 200);
      },
    );
}
