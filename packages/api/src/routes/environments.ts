import { BerthError, isShortLived, keptForever, production, requireRole, type Scope } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findApp, findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { answerOperation, waitQuery } from "../http/wait.ts";
import { emptyAnswer, endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { operationAnswers } from "../openapi/operation-answers.ts";
import { appParam, scopeParam } from "../schemas/common.ts";
import {
  environmentSchema,
  environmentStatusSchema,
  exampleEnvironment,
  exampleStatus,
  exampleLink,
  keepRequest,
  sharedLinkSchema,
  shareRequest,
} from "../schemas/environment.ts";
import { viewEnvironment } from "../views.ts";

const tag = "environments";

export function environmentRoutes({ store, deployments, urls, runtime, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps/:app/environments",
      endpoint({
        id: "listEnvironments",
        tag,
        summary: "List an app's environments",
        role: "viewer",
        answers: {
          200: jsonAnswer("All environments", z.object({ items: z.array(environmentSchema) }), {
            items: [exampleEnvironment],
          }),
        },
        errors: ["app.not-found"],
      }),
      validate("param", appParam),
      async (c) => {
        const { name } = await findApp(store, c.req.valid("param").app);
        const environments = await store.environments.list(name);
        return c.json({ items: environments.map((one) => viewEnvironment(one, urls, runtime)) }, 200);
      },
    )
    .get(
      "/apps/:app/environments/:environment",
      endpoint({
        id: "getEnvironment",
        tag,
        summary: "See an environment and what runs in it",
        role: "viewer",
        answers: { 200: jsonAnswer("The environment", environmentStatusSchema, exampleStatus) },
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      async (c) => {
        const environment = await findEnvironment(store, c.req.valid("param"));
        const { services } = await deployments.status(c.req.valid("param"));
        return c.json({ ...viewEnvironment(environment, urls, runtime), services }, 200);
      },
    )
    .post(
      "/apps/:app/environments/:environment/rebuild",
      endpoint({
        id: "rebuildEnvironment",
        tag,
        summary: "Build what is live again",
        description:
          "Builds the same source on the base images that are pinned now, and rolls it out where anything has come out new.",
        role: "deployer",
        answers: operationAnswers("rebuild"),
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const started = await deployments.rebuild(scope, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    )
    .post(
      "/apps/:app/environments/:environment/keep",
      endpoint({
        id: "keepEnvironment",
        tag,
        summary: "Keep a preview",
        description:
          "It counts as used now, so that its time begins anew; with `forMs` it stays at least that long, with `forever` until somebody deletes it.",
        role: "deployer",
        answers: { 200: jsonAnswer("The environment", environmentSchema, exampleEnvironment) },
        errors: ["app.not-found", "environment.not-found", "conflict"],
      }),
      validate("param", scopeParam),
      validate("json", keepRequest),
      async (c) => {
        const scope = c.req.valid("param");
        const { kind } = await findEnvironment(store, scope);
        if (!isShortLived(kind)) throw staysAnyway(scope);
        const { forMs, forever } = c.req.valid("json");
        const until = forever ? keptForever : forMs === undefined ? null : clock.now() + forMs;
        const kept = await store.environments.keep(scope.app, scope.environment, until, c.get("auth"));
        return c.json(viewEnvironment(kept, urls, runtime), 200);
      },
    )
    .post(
      "/apps/:app/environments/:environment/share",
      endpoint({
        id: "shareEnvironment",
        tag,
        summary: "Make a link to a protected preview",
        description:
          "Whoever opens it sees the preview until the link expires. Programs send its token in the header `Berth-Share`.",
        role: "deployer",
        answers: { 200: jsonAnswer("The link", sharedLinkSchema, exampleLink) },
        errors: ["app.not-found", "environment.not-found", "conflict"],
      }),
      validate("param", scopeParam),
      validate("json", shareRequest),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        return c.json(await deployments.share({ ...scope, ...c.req.valid("json") }, c.get("auth")), 200);
      },
    )
    .delete(
      "/apps/:app/environments/:environment/share",
      endpoint({
        id: "revokeShares",
        tag,
        summary: "Take all links to a protected preview back",
        role: "deployer",
        answers: { 204: emptyAnswer("None holds any more") },
        errors: ["app.not-found", "environment.not-found", "conflict"],
      }),
      validate("param", scopeParam),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        await deployments.revokeShares(scope, c.get("auth"));
        return c.body(null, 204);
      },
    )
    .delete(
      "/apps/:app/environments/:environment",
      endpoint({
        id: "deleteEnvironment",
        tag,
        summary: "Delete an environment",
        description:
          "Stops what runs, then removes the environment with its releases. Production needs the role owner.",
        role: "deployer",
        answers: operationAnswers("remove", { version: null, url: null }),
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      async (c) => {
        const scope = c.req.valid("param");
        if (scope.environment === production) requireRole(c.get("auth"), "owner", "delete production");
        await findEnvironment(store, scope);
        const started = await deployments.removeEnvironment(scope, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    );
}

function staysAnyway({ environment }: Scope): BerthError {
  return new BerthError("conflict", `${environment} stays anyway: only previews are removed when nobody uses them.`, {
    path: "environment",
  });
}
