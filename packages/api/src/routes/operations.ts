import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findOperation } from "../find.ts";
import { makeProblem } from "../http/problem.ts";
import { sseEvent, sseHeartbeat, sseType } from "../http/sse.ts";
import { streamResponse } from "../http/stream.ts";
import { tellError } from "../http/tell-error.ts";
import { validate } from "../http/validate.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { appName, environmentName } from "../schemas/common.ts";
import {
  exampleEvent,
  exampleEventStream,
  exampleOperation,
  operationSchema,
  timelineSchema,
} from "../schemas/operation.ts";
import { makePage, pageSchema, textPage } from "../schemas/page.ts";
import { readTimeline } from "../timeline.ts";

const tag = "operations";
const operationParam = z.object({ id: z.string().min(1).max(100).describe("The operation's id") });
const listQuery = textPage.extend({ app: appName.optional(), environment: environmentName.optional() });
const sequence = z.coerce.number<string | number>().int().min(0);
const eventsQuery = z.strictObject({
  after: sequence.default(0).describe("Only events with a higher sequence number"),
});
const eventsHeader = z.object({
  "last-event-id": sequence
    .optional()
    .describe("What an EventSource sends when it connects again; goes before `after`"),
});

export function operationRoutes(deps: ApiDeps) {
  const { store, clock } = deps;

  async function* writeTimeline(id: string, after: number, signal: AbortSignal) {
    try {
      for await (const item of readTimeline({ operations: store.operations, clock }, id, after, signal)) {
        yield item.kind === "event"
          ? sseEvent({ id: item.event.seq, event: "event", data: item.event })
          : sseEvent({ event: "ended", data: item.operation });
      }
    } catch (thrown) {
      yield sseEvent({ event: "error", data: makeProblem(tellError(thrown, deps, { operation: id })) });
    }
  }

  return new Hono<ApiEnv>()
    .get(
      "/operations",
      endpoint({
        id: "listOperations",
        tag,
        summary: "List operations",
        description: "Newest first.",
        role: "viewer",
        answers: {
          200: jsonAnswer("A page of operations", pageSchema(operationSchema, z.string()), {
            items: [exampleOperation],
            next: null,
          }),
        },
      }),
      validate("query", listQuery),
      async (c) => {
        const { app, environment, ...page } = c.req.valid("query");
        const filter = { ...(app !== undefined && { app }), ...(environment !== undefined && { environment }) };
        return c.json(
          await makePage(
            page,
            (page) => store.operations.list(filter, page),
            (operation) => operation.id,
            (operation) => operation,
          ),
          200,
        );
      },
    )
    .get(
      "/operations/:id",
      endpoint({
        id: "getOperation",
        tag,
        summary: "See an operation",
        role: "viewer",
        answers: { 200: jsonAnswer("The operation", operationSchema, exampleOperation) },
        errors: ["operation.not-found"],
      }),
      validate("param", operationParam),
      async (c) => c.json(await findOperation(store, c.req.valid("param").id), 200),
    )
    .get(
      "/operations/:id/events",
      endpoint({
        id: "getOperationEvents",
        tag,
        summary: "Read an operation's timeline",
        description:
          "As JSON what there is by now. With `Accept: text/event-stream` what there is and what comes: `event` for each event, `ended` with the operation at the end; without `ended`, connect again with `Last-Event-ID`.",
        role: "viewer",
        answers: {
          200: {
            description: "The timeline",
            content: {
              ...jsonAnswer("", timelineSchema, { items: [exampleEvent], ended: true }).content,
              [sseType]: { schema: z.string(), example: exampleEventStream },
            },
          },
        },
        errors: ["operation.not-found"],
      }),
      validate("param", operationParam),
      validate("query", eventsQuery),
      validate("header", eventsHeader),
      async (c) => {
        const after = c.req.valid("header")["last-event-id"] ?? c.req.valid("query").after;
        const { id, state } = await findOperation(store, c.req.valid("param").id);
        if (c.req.header("accept")?.includes(sseType) === true) {
          return streamResponse((signal) => writeTimeline(id, after, signal), {
            contentType: sseType,
            heartbeat: sseHeartbeat,
            clock,
            stillAllowed: c.get("stillAllowed"),
          });
        }
        return c.json({ items: await store.operations.events(id, after), ended: state !== "running" }, 200);
      },
    );
}
