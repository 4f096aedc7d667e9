import { BerthError, type StartedWake, type Wake } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { waitQuery } from "../http/wait.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { scopeParam } from "../schemas/common.ts";
import { makePage, pageSchema, textPage } from "../schemas/page.ts";
import { exampleWake, wakeSchema } from "../schemas/wake.ts";

const tag = "wakes";
const serviceName = z.string().min(1).max(63);
const wakeParam = scopeParam.extend({ wake: z.string().min(1).max(100).describe("The wake's id") });
const listQuery = textPage.extend({ service: serviceName.describe("Of which service") });
const startedSchema = z.object({ items: z.array(wakeSchema) });

const wakeBody = z
  .strictObject({
    service: serviceName.nullable().default(null).describe("Which; null: all of what is live that may sleep"),
  })
  .meta({ examples: [{ service: "web" }] });

/** Starts of services that slept. */
export function wakeRoutes({ store, deployments, clock }: ApiDeps) {
  /** Those that were begun, as they are once all have ended, or after so many seconds. */
  async function settled(started: readonly StartedWake[], seconds: number): Promise<Wake[]> {
    const now = started.map(({ wake }) => wake);
    if (seconds === 0) return now;
    const timer = new AbortController();
    const ended = Promise.all(started.map(({ done }) => done));
    try {
      const all = await Promise.race([ended, clock.sleep(seconds * 1000, timer.signal).then(() => null)]);
      return all ?? now;
    } finally {
      timer.abort();
    }
  }

  return new Hono<ApiEnv>()
    .post(
      "/apps/:app/environments/:environment/wake",
      endpoint({
        id: "wake",
        tag,
        summary: "Wake services that sleep",
        description:
          "They stay awake for `scale.idle`, as after a request. What is awake already is told as a wake that took no time, and is not in the list of wakes.",
        role: "deployer",
        answers: {
          200: jsonAnswer("All have ended", startedSchema, { items: [exampleWake] }),
          202: jsonAnswer("They go on", startedSchema, {
            items: [{ ...exampleWake, state: "running", endedAt: null, phases: [], current: "queue" }],
          }),
        },
        errors: ["app.not-found", "environment.not-found", "release.not-found", "not-found", "input.invalid"],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", wakeBody),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const { service } = c.req.valid("json");
        const started = await deployments.wakeServices({ ...scope, service }, c.get("auth"));
        const items = await settled(started, c.req.valid("query").wait);
        return items.some(({ state }) => state === "running") ? c.json({ items }, 202) : c.json({ items }, 200);
      },
    )
    .get(
      "/apps/:app/environments/:environment/wakes",
      endpoint({
        id: "listWakes",
        tag,
        summary: "List the wakes of a service that have ended",
        description: "Newest first. At most 100 are kept.",
        role: "viewer",
        answers: {
          200: jsonAnswer("A page of wakes", pageSchema(wakeSchema, z.string()), { items: [exampleWake], next: null }),
        },
        errors: ["app.not-found", "environment.not-found"],
      }),
      validate("param", scopeParam),
      validate("query", listQuery),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const { service, ...page } = c.req.valid("query");
        const list = (asked: { limit: number; after?: string }) => store.wakes.list({ ...scope, service }, asked);
        return c.json(
          await makePage(
            page,
            list,
            ({ id }) => id,
            (wake) => wake,
          ),
          200,
        );
      },
    )
    .get(
      "/apps/:app/environments/:environment/wakes/:wake",
      endpoint({
        id: "getWake",
        tag,
        summary: "See a wake, also while it goes on",
        role: "viewer",
        answers: { 200: jsonAnswer("The wake", wakeSchema, exampleWake) },
        errors: ["app.not-found", "environment.not-found", "not-found"],
      }),
      validate("param", wakeParam),
      async (c) => {
        const { wake: id, ...scope } = c.req.valid("param");
        await findEnvironment(store, scope);
        const found = deployments.wakes(scope).find((wake) => wake.id === id) ?? (await store.wakes.get(scope, id));
        if (found !== null) return c.json(found, 200);
        throw new BerthError("not-found", `There is no wake ${JSON.stringify(id)}.`, {
          path: "wake",
          hint: "Only the newest are kept.",
        });
      },
    );
}
