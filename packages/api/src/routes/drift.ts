import type { Scope } from "@berth/core";
import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { answerOperation, waitQuery } from "../http/wait.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { operationAnswers } from "../openapi/operation-answers.ts";
import { scopeParam } from "../schemas/common.ts";
import { adoptRequest, driftReport, exampleDrift, viewDrift } from "../schemas/drift.ts";

export function driftRoutes({ store, deployments, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
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
        const unknown = (await deployments.unknown()).filter((each) => isIn(each, scope));
        return c.json({ isWatched: items !== null, items: (items ?? []).map(viewDrift), unknown }, 200);
      },
    )
    .post(
      "/apps/:app/environments/:environment/drift/adopt",
      endpoint({
        id: "adoptDrift",
        tag: "environments",
        summary: "Keep what was changed by hand",
        description:
          "Lays what was changed by hand since the live release became live over berth.yaml, as a new release. What berth.yaml has no words for is left out, and the operation's timeline says why. Deploys keep it until berth.yaml says the same.",
        role: "deployer",
        answers: operationAnswers("adopt"),
        errors: [
          "app.not-found",
          "environment.not-found",
          "release.not-found",
          "not-found",
          "input.invalid",
          "conflict",
        ],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", adoptRequest),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const started = await deployments.adopt({ ...scope, ...c.req.valid("json") }, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    );
}

function isIn({ app, environment }: Scope, scope: Scope): boolean {
  return app === scope.app && environment === scope.environment;
}
