import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findApp } from "../find.ts";
import { validate } from "../http/validate.ts";
import { answerOperation, waitQuery } from "../http/wait.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { operationAnswers } from "../openapi/operation-answers.ts";
import { scopeParam } from "../schemas/common.ts";
import { diffQuery, diffSchema, exampleDiff, promoteBody, readSourceId, sourceBody } from "../schemas/diff.ts";

const tag = "releases";

export function diffRoutes({ store, deployments, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps/:app/environments/:environment/diff",
      endpoint({
        id: "diff",
        tag,
        summary: "See what would be otherwise",
        description:
          "Compares what is live, or the version `from`, with another version, or with what a commit or a tree would make. Builds nothing. A source is brought there by pushing its commit to `refs/berth/source/<environment>`, which deploys nothing.",
        role: "viewer",
        answers: { 200: jsonAnswer("The diff", diffSchema, exampleDiff) },
        errors: [
          "app.not-found",
          "environment.not-found",
          "release.not-found",
          "not-found",
          "plan.nothing-found",
          "config.invalid",
        ],
      }),
      validate("param", scopeParam),
      validate("query", diffQuery),
      async (c) => {
        const scope = c.req.valid("param");
        await findApp(store, scope.app);
        const { from = null, version, promoted, ...source } = c.req.valid("query");
        const to =
          promoted !== undefined
            ? { promoted, version: version ?? null }
            : version === undefined
              ? readSourceId(source)
              : { version };
        return c.json(await deployments.diff({ ...scope, from, to }), 200);
      },
    )
    .post(
      "/apps/:app/environments/:environment/promote",
      endpoint({
        id: "promote",
        tag,
        summary: "Promote a release",
        description:
          "Makes the images of a release of another environment the next release of this one: nothing is built, and its release command runs. What holds here of scale and settings stays.",
        role: "deployer",
        answers: operationAnswers("promote"),
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
      validate("json", promoteBody),
      async (c) => {
        const scope = c.req.valid("param");
        await findApp(store, scope.app);
        const started = await deployments.promote({ ...scope, ...c.req.valid("json") }, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    )
    .post(
      "/apps/:app/environments/:environment/dry-run",
      endpoint({
        id: "dryRun",
        tag,
        summary: "Try a deploy",
        description:
          "Plans and builds a source and says what a deploy of it would do, up to where a release would be written. Nothing that serves changes.",
        role: "deployer",
        answers: operationAnswers("dry-run", { version: null, url: null }),
        errors: ["app.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", sourceBody),
      async (c) => {
        const scope = c.req.valid("param");
        await findApp(store, scope.app);
        const request = { ...scope, source: readSourceId(c.req.valid("json")) };
        const started = await deployments.dryRun(request, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    );
}
