import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment, findRelease } from "../find.ts";
import { validate } from "../http/validate.ts";
import { answerOperation, waitQuery } from "../http/wait.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { operationAnswers } from "../openapi/operation-answers.ts";
import { releaseParam, scopeParam, versionNumber } from "../schemas/common.ts";
import { makePage, numberPage, pageSchema } from "../schemas/page.ts";
import { exampleRelease, exampleSummary, releaseSchema, releaseSummarySchema } from "../schemas/release.ts";
import { exampleVerdict, rollbackBody, verdictQuery, verdictSchema } from "../schemas/rollback.ts";
import { scaleChange } from "../schemas/scale.ts";
import { viewRelease, viewReleaseSummary } from "../views.ts";

const tag = "releases";

export function releaseRoutes({ store, deployments, urls, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps/:app/environments/:environment/releases",
      endpoint({
        id: "listReleases",
        tag,
        summary: "List an environment's releases",
        description: "Newest first.",
        role: "viewer",
        answers: {
          200: jsonAnswer("A page of releases", pageSchema(releaseSummarySchema, versionNumber), {
            items: [exampleSummary],
            next: null,
          }),
        },
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", numberPage),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const page = await makePage(
          c.req.valid("query"),
          (page) => store.releases.list(scope, page),
          (release) => release.version,
          (release) => viewReleaseSummary(release, urls),
        );
        return c.json(page, 200);
      },
    )
    .get(
      "/apps/:app/environments/:environment/releases/:version",
      endpoint({
        id: "getRelease",
        tag,
        summary: "See a release",
        role: "viewer",
        answers: { 200: jsonAnswer("The release with its content", releaseSchema, exampleRelease) },
        errors: ["app.not-found", "environment.not-found", "release.not-found"],
      }),
      validate("param", releaseParam),
      async (c) => {
        const { version, ...scope } = c.req.valid("param");
        return c.json(viewRelease(await findRelease(store, scope, version), urls), 200);
      },
    )
    .get(
      "/apps/:app/environments/:environment/rollback",
      endpoint({
        id: "checkRollback",
        tag,
        summary: "See whether a rollback is safe",
        description: "Says what a rollback would do, what is in its way, and what to do about that. Changes nothing.",
        role: "viewer",
        answers: { 200: jsonAnswer("The verdict", verdictSchema, exampleVerdict) },
        errors: ["app.not-found", "environment.not-found", "release.not-found", "release.not-restorable"],
      }),
      validate("param", scopeParam),
      validate("query", verdictQuery),
      async (c) => {
        const { version = null, undo } = c.req.valid("query");
        const request = { ...c.req.valid("param"), version, undo: undo === "true" };
        return c.json(await deployments.checkRollback(request), 200);
      },
    )
    .post(
      "/apps/:app/environments/:environment/rollback",
      endpoint({
        id: "rollback",
        tag,
        summary: "Roll back",
        description:
          "Makes a new release that carries an older one forward. Where that is not safe it is refused, unless it is forced. An operation that ends as failed is an answer, not an error: see its `state`.",
        role: "deployer",
        answers: operationAnswers("rollback"),
        errors: [
          "app.not-found",
          "environment.not-found",
          "release.not-found",
          "release.not-restorable",
          "release.rollback-blocked",
          "conflict",
        ],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", rollbackBody),
      async (c) => {
        // Whether all of it is there is for the deployer to say: nothing is read twice on the way of a rollback.
        const request = { ...c.req.valid("param"), version: null, ...c.req.valid("json") };
        const started = await deployments.rollback(request, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    )
    .post(
      "/apps/:app/environments/:environment/scale",
      endpoint({
        id: "scale",
        tag,
        summary: "Change how many instances run",
        description:
          "Lays bounds over those of berth.yaml until they are taken back, and makes a new release with the same images at once. Deploys and rollbacks keep them.",
        role: "deployer",
        answers: operationAnswers("scale"),
        errors: ["app.not-found", "environment.not-found", "release.not-found", "not-found", "conflict"],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", scaleChange),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const started = await deployments.scale({ ...scope, ...c.req.valid("json") }, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    );
}
