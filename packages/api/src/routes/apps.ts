import { Hono } from "hono";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findApp } from "../find.ts";
import { validate } from "../http/validate.ts";
import { emptyAnswer, endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { appChange, appSchema, exampleApp, newApp } from "../schemas/app.ts";
import { appName, appParam } from "../schemas/common.ts";
import { makePage, pageSchema, textPage } from "../schemas/page.ts";
import { viewApp } from "../views.ts";

const tag = "apps";

export function appRoutes({ store, deployments, urls }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps",
      endpoint({
        id: "listApps",
        tag,
        summary: "List apps",
        description: "By name.",
        role: "viewer",
        answers: {
          200: jsonAnswer("A page of apps", pageSchema(appSchema, appName), { items: [exampleApp], next: null }),
        },
      }),
      validate("query", textPage),
      async (c) =>
        c.json(
          await makePage(
            c.req.valid("query"),
            (page) => store.apps.list(page),
            (app) => app.name,
            (app) => viewApp(app, urls),
          ),
          200,
        ),
    )
    .post(
      "/apps",
      endpoint({
        id: "createApp",
        tag,
        summary: "Create an app",
        description: "Its first push or deploy makes its production environment.",
        role: "deployer",
        answers: { 201: jsonAnswer("The new app", appSchema, exampleApp) },
        errors: ["app.exists", "app.invalid-name"],
      }),
      validate("json", newApp),
      async (c) => {
        const app = await store.apps.create(c.req.valid("json"), c.get("auth"));
        return c.json(viewApp(app, urls), 201, { location: `/api/v1/apps/${app.name}` });
      },
    )
    .get(
      "/apps/:app",
      endpoint({
        id: "getApp",
        tag,
        summary: "See an app",
        role: "viewer",
        answers: { 200: jsonAnswer("The app", appSchema, exampleApp) },
        errors: ["app.not-found"],
      }),
      validate("param", appParam),
      async (c) => c.json(viewApp(await findApp(store, c.req.valid("param").app), urls), 200),
    )
    .patch(
      "/apps/:app",
      endpoint({
        id: "changeApp",
        tag,
        summary: "Change an app's default branch",
        role: "deployer",
        answers: { 200: jsonAnswer("The app as it is now", appSchema, exampleApp) },
        errors: ["app.not-found"],
      }),
      validate("param", appParam),
      validate("json", appChange),
      async (c) => {
        const { app } = c.req.valid("param");
        await findApp(store, app);
        await store.apps.setDefaultBranch(app, c.req.valid("json").defaultBranch, c.get("auth"));
        return c.json(viewApp(await findApp(store, app), urls), 200);
      },
    )
    .delete(
      "/apps/:app",
      endpoint({
        id: "deleteApp",
        tag,
        summary: "Delete an app",
        description: "Stops what runs and removes all environments, then the app. Answers when that is done.",
        role: "owner",
        answers: { 204: emptyAnswer("It is gone") },
        errors: ["app.not-found"],
      }),
      validate("param", appParam),
      async (c) => {
        const { app } = c.req.valid("param");
        await findApp(store, app);
        await deployments.removeApp(app, c.get("auth"));
        return c.body(null, 204);
      },
    );
}
