import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { startedAnswer } from "../openapi/operation-answers.ts";
import { scopeParam } from "../schemas/common.ts";
import { cronRunSchema, cronStatusSchema, exampleCron, exampleCronRun } from "../schemas/cron.ts";
import { makePage, pageSchema, textPage } from "../schemas/page.ts";

const tag = "crons";
const cronParam = scopeParam.extend({
  service: z.string().min(1).max(63).describe("A service that has a schedule"),
});
const notThere = ["app.not-found", "environment.not-found", "release.not-found", "not-found"] as const;

/** Services with a schedule, and what they have run. */
export function cronRoutes({ store, deployments }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/apps/:app/environments/:environment/crons",
      endpoint({
        id: "listCrons",
        tag,
        summary: "List the services with a schedule",
        description: "Those of what is live, with when each is due next and what its newest run came to.",
        role: "viewer",
        answers: {
          200: jsonAnswer("Its services with a schedule", z.object({ items: z.array(cronStatusSchema) }), {
            items: [exampleCron],
          }),
        },
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        return c.json({ items: [...(await deployments.crons(scope))] }, 200);
      },
    )
    .get(
      "/apps/:app/environments/:environment/crons/:service/runs",
      endpoint({
        id: "listCronRuns",
        tag,
        summary: "List what a schedule has come to",
        description: "Newest first: what has run, and what was skipped or missed. At most 50 are kept.",
        role: "viewer",
        answers: {
          200: jsonAnswer("A page of runs", pageSchema(cronRunSchema, z.string()), {
            items: [exampleCronRun],
            next: null,
          }),
        },
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", cronParam),
      validate("query", textPage),
      async (c) => {
        const { service, ...scope } = c.req.valid("param");
        await findEnvironment(store, scope);
        const list = (page: { limit: number; after?: string }) => store.crons.list({ ...scope, service }, page);
        const idOf = ({ id }: { id: string }) => id;
        return c.json(await makePage(c.req.valid("query"), list, idOf, viewOf), 200);
      },
    )
    .post(
      "/apps/:app/environments/:environment/crons/:service/runs",
      endpoint({
        id: "runCron",
        tag,
        summary: "Run a service with a schedule now",
        description:
          "Beside its schedule, on what is live. The operation goes on until the run ends, as with `run`; its output is read in the same way.",
        role: "deployer",
        answers: { 202: startedAnswer("run") },
        errors: notThere,
      }),
      validate("param", cronParam),
      async (c) => {
        const request = c.req.valid("param");
        await findEnvironment(store, request);
        const { operation } = await deployments.runCron(request, c.get("auth"));
        return c.json(operation, 202);
      },
    )
    .delete(
      "/apps/:app/environments/:environment/crons/:service/running",
      endpoint({
        id: "cancelCron",
        tag,
        summary: "End what runs of a service with a schedule",
        description:
          "Begun by its schedule or by somebody. The answer has those runs as they were, none where nothing ran. Its schedule goes on.",
        role: "deployer",
        answers: {
          200: jsonAnswer("What ran", z.object({ items: z.array(cronRunSchema) }), { items: [exampleCronRun] }),
        },
        errors: notThere,
      }),
      validate("param", cronParam),
      async (c) => c.json({ items: [...(await deployments.cancelCron(c.req.valid("param"), c.get("auth")))] }, 200),
    )
    .put(
      "/apps/:app/environments/:environment/crons/:service/paused",
      endpoint({
        id: "pauseCron",
        tag,
        summary: "Pause a schedule",
        description: "It starts nothing until it is let go on, also after other releases. What runs goes on.",
        role: "deployer",
        answers: { 200: jsonAnswer("It is paused", cronStatusSchema, { ...exampleCron, nextAt: null }) },
        errors: notThere,
      }),
      validate("param", cronParam),
      async (c) => c.json(await setPaused(c.req.valid("param"), true, c.get("auth")), 200),
    )
    .delete(
      "/apps/:app/environments/:environment/crons/:service/paused",
      endpoint({
        id: "resumeCron",
        tag,
        summary: "Let a schedule go on",
        description: "With what is due from now on: nothing that was due meanwhile is made up for.",
        role: "deployer",
        answers: { 200: jsonAnswer("It goes on", cronStatusSchema, exampleCron) },
        errors: notThere,
      }),
      validate("param", cronParam),
      async (c) => c.json(await setPaused(c.req.valid("param"), false, c.get("auth")), 200),
    );

  async function setPaused(request: z.output<typeof cronParam>, isPaused: boolean, actor: ApiEnv["Variables"]["auth"]) {
    await findEnvironment(store, request);
    return await deployments.pauseCron({ ...request, isPaused }, actor);
  }
}

const viewOf = <T>(run: T) => run;
