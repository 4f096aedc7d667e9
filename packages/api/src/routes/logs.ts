import { type Release, unknownService } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv, ServiceLogOptions } from "../deps.ts";
import { findEnvironment, findRelease } from "../find.ts";
import { makeProblem } from "../http/problem.ts";
import { streamResponse } from "../http/stream.ts";
import { tellError } from "../http/tell-error.ts";
import { validate } from "../http/validate.ts";
import { endpoint } from "../openapi/endpoint.ts";
import { scopeParam } from "../schemas/common.ts";
import { exampleLogLine, logLineSchema } from "../schemas/log-line.ts";

const ndjsonType = "application/x-ndjson";

const logsQuery = z.strictObject({
  tail: z.coerce
    .number<string | number>()
    .int()
    .min(0)
    .max(10_000)
    .default(100)
    .describe("At most this many of the newest lines first"),
  follow: z.enum(["true", "false"]).default("false").describe("Go on with new lines until the client closes"),
  service: z.string().min(1).max(63).optional().describe("Only of this service"),
  release: z.coerce.number<string | number>().int().min(1).optional().describe("Only of this release: 12 for v12"),
});

export function logRoutes(deps: ApiDeps) {
  const { store, logs, clock } = deps;

  async function* writeLines(scope: { app: string; environment: string }, options: ServiceLogOptions) {
    try {
      for await (const line of logs(scope, options)) yield `${JSON.stringify(line)}\n`;
    } catch (thrown) {
      if (!options.signal.aborted) yield `${JSON.stringify({ error: makeProblem(tellError(thrown, deps, scope)) })}\n`;
    }
  }

  return new Hono<ApiEnv>().get(
    "/apps/:app/environments/:environment/logs",
    endpoint({
      id: "readLogs",
      tag: "logs",
      summary: "Read logs",
      description:
        'One JSON object per line. An empty line means nothing: it keeps the connection busy. An error on the way is a last line `{"error": <problem>}`.',
      role: "viewer",
      answers: {
        200: {
          description: "Lines, in order of time",
          content: { [ndjsonType]: { schema: logLineSchema, example: exampleLogLine } },
        },
      },
      errors: ["app.not-found", "environment.not-found", "release.not-found", "not-found"],
    }),
    validate("param", scopeParam),
    validate("query", logsQuery),
    async (c) => {
      const scope = c.req.valid("param");
      const { tail, follow, service, release } = c.req.valid("query");
      const { live, desired } = await findEnvironment(store, scope);
      const version = release ?? live ?? desired;
      if (version !== null) checkService(await findRelease(store, scope, version), service);
      return streamResponse(
        (signal) =>
          writeLines(scope, {
            service: service ?? null,
            version: release ?? null,
            tail,
            follow: follow === "true",
            signal,
          }),
        { contentType: ndjsonType, heartbeat: "\n", clock, stillAllowed: c.get("stillAllowed") },
      );
    },
  );
}

/** Following a service that does not exist would be silent for ever. Throws `not-found`. */
function checkService({ version, snapshot }: Release, service: string | undefined): void {
  const names = snapshot.services.map(({ spec }) => spec.name);
  if (service === undefined || names.includes(service)) return;
  throw unknownService(`v${version}`, service, names);
}
