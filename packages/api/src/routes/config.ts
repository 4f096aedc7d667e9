import { checkEnvironmentName, type ListedSetting, type RevealedSetting, scopeNames } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findApp, findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { appParam, environmentName, scopeParam } from "../schemas/common.ts";
import {
  comparisonSchema,
  configChange,
  configChangedSchema,
  configSchema,
  exampleChanged,
  exampleSetting,
  revealedSchema,
  revealRequest,
  rotationSchema,
} from "../schemas/config.ts";

const tag = "config";
const exampleRotation = { keyId: "5b3e0c1a", before: [] };

/** Variables that are stored beside the source. Values come in, and go out by one route alone. */
export function configRoutes({ store, deployments: { config } }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps/:app/config",
      endpoint({
        id: "listConfig",
        tag,
        summary: "List variables that are stored",
        description: "Without their values.",
        role: "viewer",
        answers: {
          200: jsonAnswer("All of them, and what rollbacks hold", configSchema, { items: [exampleSetting], held: [] }),
        },
        errors: ["app.not-found"],
      }),
      validate("param", appParam),
      async (c) => {
        const { name } = await findApp(store, c.req.valid("param").app);
        const { items, held } = await config.list(name);
        return c.json({ items: items.map(viewSetting), held: [...held] }, 200);
      },
    )
    .post(
      "/apps/:app/config",
      endpoint({
        id: "changeConfig",
        tag,
        summary: "Set and unset variables",
        description:
          "All of it or nothing is stored. Then a release is made in each environment in which services find other variables, and they start anew; it is a rollout as any other, which a rollback undoes.",
        role: "deployer",
        answers: { 200: jsonAnswer("It is stored, and rolled out from now on", configChangedSchema, exampleChanged) },
        errors: ["app.not-found", "not-found", "config.missing", "config.invalid"],
      }),
      validate("param", appParam),
      validate("json", configChange),
      async (c) => {
        const { name: app } = await findApp(store, c.req.valid("param").app);
        const change = c.req.valid("json");
        if (!scopeNames.includes(change.scope)) checkEnvironmentName(app, change.scope);
        return c.json(await config.change({ app, ...change }, c.get("auth")), 200);
      },
    )
    .post(
      "/apps/:app/config/reveal",
      endpoint({
        id: "revealConfig",
        tag,
        summary: "Show values of variables",
        description: "The audit keeps who has seen which.",
        role: "owner",
        answers: {
          200: jsonAnswer("Those that were asked for", z.object({ items: z.array(revealedSchema) }), {
            items: [{ ...exampleSetting, value: "sk_live_1" }],
          }),
        },
        errors: ["app.not-found", "not-found"],
      }),
      validate("param", appParam),
      validate("json", revealRequest),
      async (c) => {
        const { name: app } = await findApp(store, c.req.valid("param").app);
        const items = await config.reveal({ app, ...c.req.valid("json") }, c.get("auth"));
        return c.json({ items: items.map(viewSetting) }, 200);
      },
    )
    .get(
      "/apps/:app/environments/:environment/config/diff",
      endpoint({
        id: "compareConfig",
        tag,
        summary: "See how variables differ",
        description:
          "What is stored for an environment, from what is live there; or what is live in two environments. Without values, but with what berth.yaml says.",
        role: "viewer",
        answers: {
          200: jsonAnswer("All variables of the services on both sides", comparisonSchema, {
            items: [{ service: "web", key: "API_KEY", state: "different" }],
            onlyLeft: [],
            onlyRight: [],
          }),
        },
        errors: ["app.not-found", "environment.not-found", "release.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", z.strictObject({ with: environmentName.optional().describe("The other environment") })),
      async (c) => {
        const scope = c.req.valid("param");
        const other = c.req.valid("query").with ?? null;
        await findEnvironment(store, scope);
        if (other !== null) await findEnvironment(store, { ...scope, environment: other });
        const { items, onlyLeft, onlyRight } = await config.compare(scope, other);
        return c.json({ items: [...items], onlyLeft: [...onlyLeft], onlyRight: [...onlyRight] }, 200);
      },
    )
    .get(
      "/config-keys",
      endpoint({
        id: "getConfigKeys",
        tag,
        summary: "See which keys values are sealed with",
        role: "owner",
        answers: { 200: jsonAnswer("The ids of the keys", rotationSchema, exampleRotation) },
      }),
      async (c) => c.json(await config.rotation(), 200),
    )
    .post(
      "/config-keys/rotate",
      endpoint({
        id: "rotateConfigKey",
        tag,
        summary: "Seal all values with another key",
        description: "It goes on in the background, also after a restart, and restarts no app.",
        role: "owner",
        answers: {
          200: jsonAnswer("Another key seals from now on", rotationSchema, {
            ...exampleRotation,
            before: ["a1b2c3d4"],
          }),
        },
        errors: ["conflict"],
      }),
      async (c) => c.json(await config.rotate(c.get("auth")), 200),
    );
}

/** A setting as the API shows it. */
function viewSetting({ key, scope, service, value, setAt, setBy, isGenerated }: ListedSetting | RevealedSetting) {
  return { key, scope, service, value, setAt, setBy, isGenerated };
}
