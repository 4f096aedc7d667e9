import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment, findOperation } from "../find.ts";
import { makeProblem } from "../http/problem.ts";
import { streamResponse } from "../http/stream.ts";
import { tellError } from "../http/tell-error.ts";
import { validate } from "../http/validate.ts";
import { emptyAnswer, endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { startedAnswer } from "../openapi/operation-answers.ts";
import { scopeParam, versionNumber } from "../schemas/common.ts";
import { exampleOutputLine, outputLineSchema } from "../schemas/log-line.ts";
import { exampleOperation, operationSchema } from "../schemas/operation.ts";
import { acceptSession, sessionStart } from "../sessions/accept-session.ts";

const tag = "runs";
const ndjsonType = "application/x-ndjson";
const operationParam = z.object({ id: z.string().min(1).max(100).describe("The operation's id") });
const word = z
  .string()
  .max(131_072)
  .refine((text) => !text.includes("\0"), "expected text without a NUL character");

const run = z
  .strictObject({
    argv: z
      .array(word)
      .min(1)
      .max(1_000)
      .refine(([first]) => first !== "", "expected a program to begin with")
      .describe("The command, word by word. It is shown in the history, so it is no place for a secret"),
    service: z
      .string()
      .min(1)
      .max(63)
      .nullable()
      .default(null)
      .describe("As an instance of which service; null: of the one that takes requests"),
    version: versionNumber.nullable().default(null).describe("On which release; null: on the one that is live"),
  })
  .meta({ examples: [{ argv: ["node", "report.js", "--month", "2026-01"] }] });

/** Commands that run beside what is live. */
const attachedStart = sessionStart
  .extend({ version: run.shape.version })
  .refine(({ argv: [first = ""] }) => first !== "", { path: ["argv"], error: "expected a program to begin with" });

export function runRoutes(deps: ApiDeps) {
  const { store, deployments, clock } = deps;

  async function* writeOutput(id: string, signal: AbortSignal) {
    try {
      for await (const { at, stream, text } of deployments.output(id, signal))
        yield `${JSON.stringify({ at, stream, text })}\n`;
    } catch (thrown) {
      if (!signal.aborted)
        yield `${JSON.stringify({ error: makeProblem(tellError(thrown, deps, { operation: id })) })}\n`;
    }
  }

  return new Hono<ApiEnv>()
    .post(
      "/apps/:app/environments/:environment/runs",
      endpoint({
        id: "run",
        tag,
        summary: "Run a command beside what is live",
        description:
          "In the image, with the variables and the resources of a service of the live release. The operation goes on until the command ends, and has failed where that ends with another code than 0; its `error.exitCode` says which.",
        role: "deployer",
        answers: { 202: startedAnswer("run") },
        errors: ["app.not-found", "environment.not-found", "release.not-found", "not-found"],
      }),
      validate("param", scopeParam),
      validate("json", run),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const { operation } = await deployments.run({ ...scope, ...c.req.valid("json") }, c.get("auth"));
        return c.json(operation, 202);
      },
    )
    .get(
      "/apps/:app/environments/:environment/runs/attached",
      endpoint({
        id: "attachRun",
        tag,
        summary: "Run a command on a release, with input",
        description:
          "A WebSocket, as `exec` is; `start` has `version` instead of `instance`, and `started` the operation. What runs is an instance of its own, and ends with the connection.",
        role: "deployer",
        answers: { 101: emptyAnswer("The session begins") },
        errors: ["app.not-found", "environment.not-found", "upgrade.required"],
      }),
      validate("param", scopeParam),
      async (c) => {
        const scope = c.req.valid("param");
        const actor = c.get("auth");
        await findEnvironment(store, scope);
        return acceptSession(c, deps, {
          schema: attachedStart,
          async open({ service, version, argv, terminal }) {
            const request = { ...scope, service, version, argv, terminal };
            const { session, ...told } = await deployments.attachRun(request, actor);
            return { session, told };
          },
        });
      },
    )
    .get(
      "/operations/:id/output",
      endpoint({
        id: "readOutput",
        tag,
        summary: "Read what a command prints",
        description:
          'Of a run, from its beginning to its end, and for half a minute after that. One JSON object per line; an empty line keeps the connection busy, and an error on the way is a last line `{"error": <problem>}`.',
        role: "deployer",
        answers: {
          200: {
            description: "Lines, in order of time",
            content: { [ndjsonType]: { schema: outputLineSchema, example: exampleOutputLine } },
          },
        },
        errors: ["operation.not-found"],
      }),
      validate("param", operationParam),
      async (c) => {
        const { id } = await findOperation(store, c.req.valid("param").id);
        return streamResponse((signal) => writeOutput(id, signal), {
          contentType: ndjsonType,
          heartbeat: "\n",
          clock,
          stillAllowed: c.get("stillAllowed"),
        });
      },
    )
    .post(
      "/operations/:id/cancel",
      endpoint({
        id: "cancelOperation",
        tag: "operations",
        summary: "End an operation that is under way",
        description:
          "With what it runs: a build, a release command, a command of `run`. What it has made live already stays. The operation ends as failed.",
        role: "deployer",
        answers: { 202: jsonAnswer("It is being ended", operationSchema, { ...exampleOperation, state: "running" }) },
        errors: ["operation.not-found", "conflict"],
      }),
      validate("param", operationParam),
      async (c) => {
        const { id } = await findOperation(store, c.req.valid("param").id);
        await deployments.cancel(id, c.get("auth"));
        return c.json(await findOperation(store, id), 202);
      },
    );
}
