import { BerthError } from "@berth/core";
import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { answerOperation, waitQuery } from "../http/wait.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { operationAnswers } from "../openapi/operation-answers.ts";
import { scopeParam } from "../schemas/common.ts";
import { drillBody, drillParam, drillSchema, exampleDrill } from "../schemas/drill.ts";

const tag = "releases";

/** Releases that are run beside what is live, for a rollback that may come. */
export function drillRoutes({ store, deployments, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .post(
      "/apps/:app/environments/:environment/drills",
      endpoint({
        id: "drill",
        tag,
        summary: "Drill a rollback",
        description:
          "Runs an older release beside what is live, with one instance of each service that takes requests, asks both the same, and lets it go. Nothing that serves changes, and neither its release command nor undo commands run. The operation has failed where it does not come up or answers worse; `getDrill` has the result in both cases.",
        role: "deployer",
        answers: operationAnswers("drill", { version: null, url: null }),
        errors: [
          "app.not-found",
          "environment.not-found",
          "release.not-found",
          "release.not-restorable",
          "image.unfit",
          "conflict",
        ],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", drillBody),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const asked = { version: null, paths: [], workers: false, ...c.req.valid("json") };
        const started = await deployments.drill({ ...scope, ...asked }, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    )
    .get(
      "/apps/:app/environments/:environment/drills/:operation",
      endpoint({
        id: "getDrill",
        tag,
        summary: "See how a drill went",
        role: "viewer",
        answers: { 200: jsonAnswer("The drill, which is over", drillSchema, exampleDrill) },
        errors: ["app.not-found", "environment.not-found", "not-found"],
      }),
      validate("param", drillParam),
      async (c) => {
        const { operation, ...scope } = c.req.valid("param");
        const drill = await store.drills.get(scope, operation);
        if (drill !== null) return c.json(drill, 200);
        await findEnvironment(store, scope);
        throw new BerthError("not-found", `There is no result of a drill ${operation}.`, {
          path: "operation",
          hint: `One that did not come to its end has none: berth operations show ${operation}`,
        });
      },
    );
}
