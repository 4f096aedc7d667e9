import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint } from "../openapi/endpoint.ts";
import { scopeParam } from "../schemas/common.ts";

const yamlType = "application/yaml";
const example = "# The environment production of shop, without Berth: kubectl apply -f this file.\n";

export function manifestRoutes({ store, manifests }: ApiDeps) {
  return new Hono<ApiEnv>().get(
    "/apps/:app/environments/:environment/manifests",
    endpoint({
      id: "getManifests",
      tag: "environments",
      summary: "Read what is live as Kubernetes objects",
      description:
        "YAML for `kubectl apply` that serves the environment without Berth. Values of variables are not in it: it says which Secrets it needs.",
      role: "viewer",
      answers: {
        200: {
          description: "The objects, with what to know as comments",
          content: { [yamlType]: { schema: z.string(), example } },
        },
      },
      errors: ["app.not-found", "environment.not-found", "release.not-found", "image.unfit", "image.not-found"],
    }),
    validate("param", scopeParam),
    async (c) => {
      const scope = c.req.valid("param");
      await findEnvironment(store, scope);
      return c.body(await manifests(scope), 200, { "content-type": yamlType });
    },
  );
}
