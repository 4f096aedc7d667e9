import { Hono } from "hono";
import type { RouterRoute } from "hono/types";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { makeDocument, type OpenApiDocument } from "../openapi/document.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { exampleServer, serverSchema } from "../schemas/server.ts";
import { whoamiSchema } from "../schemas/token.ts";

/** Who asks, what this is, and its document. `routes` gives all routes of the finished API. */
export function serverRoutes({ urls, runtime, serverVersion }: ApiDeps, routes: () => readonly RouterRoute[]) {
  let document: OpenApiDocument | undefined;
  return new Hono<ApiEnv>()
    .get(
      "/whoami",
      endpoint({
        id: "whoami",
        tag: "server",
        summary: "See whom the token names",
        role: "viewer",
        answers: {
          200: jsonAnswer("Whom the token names", whoamiSchema, {
            person: "ada",
            role: "owner",
            token: "tok_01kdv9z3b4",
          }),
        },
      }),
      (c) => {
        const { person, role, tokenId } = c.get("auth");
        return c.json({ person, role, token: tokenId }, 200);
      },
    )
    .get(
      "/server",
      endpoint({
        id: "getServer",
        tag: "server",
        summary: "See what this installation is",
        role: "viewer",
        answers: { 200: jsonAnswer("This installation", serverSchema, exampleServer) },
      }),
      (c) => c.json({ version: serverVersion, domain: urls.domain, url: urls.origin, runtime: runtime.name }, 200),
    )
    .get(
      "/openapi.json",
      endpoint({
        id: "getOpenApi",
        tag: "server",
        summary: "Read this document",
        role: "viewer",
        answers: {
          200: jsonAnswer("The OpenAPI 3.1 document", z.looseObject({ openapi: z.literal("3.1.0") }), {
            openapi: "3.1.0",
          }),
        },
      }),
      (c) => {
        document ??= makeDocument(routes(), { version: serverVersion, url: urls.origin });
        return c.body(JSON.stringify(document), 200, { "content-type": "application/json" });
      },
    );
}
