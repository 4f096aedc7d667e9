import { type ErrorCode, errorStatus, production } from "@berth/core";
import type { RouterRoute } from "hono/types";
import { z } from "zod";
import { problemType } from "../http/problem.ts";
import { exampleProblem, problemSchema } from "../schemas/problem.ts";
import { endpointOf, type Endpoint, type InputMark, inputOf } from "./marks.ts";
import { type JsonSchema, makeSchemaWriter } from "./schemas.ts";

/** What any route may answer. */
const commonErrors: readonly ErrorCode[] = ["auth.required", "auth.forbidden", "host.unknown", "internal"];
const bodyErrors: readonly ErrorCode[] = ["input.too-large", "input.unsupported-type"];

const info = {
  title: "Berth",
  summary: "Deploy by git push, undo in milliseconds.",
  description: [
    "Every route needs a token: `Authorization: Bearer berth_…`.",
    "Errors are problems as RFC 9457 writes them; match on `code`.",
    `Times are milliseconds since the epoch. Lists come in pages: send \`next\` as \`after\`. The environment of the default branch is \`${production}\`.`,
    "Source code comes in by git only.",
  ].join("\n\n"),
};

export interface OpenApiDocument {
  openapi: "3.1.0";
  info: { title: string; summary: string; description: string; version: string };
  servers: { url: string }[];
  security: Record<string, string[]>[];
  tags: { name: string }[];
  paths: Record<string, Record<string, JsonSchema>>;
  components: { schemas: Record<string, JsonSchema>; securitySchemes: Record<string, JsonSchema> };
}

/** The OpenAPI 3.1 document of these routes: each that `endpoint` describes, with the inputs that `validate` reads. */
export function makeDocument(routes: readonly RouterRoute[], about: { version: string; url: string }): OpenApiDocument {
  const writer = makeSchemaWriter();
  const paths: OpenApiDocument["paths"] = {};
  const tags = new Set<string>();
  for (const { route, endpoint, inputs } of describedRoutes(routes)) {
    tags.add(endpoint.tag);
    const path = (paths[openApiPath(route.path)] ??= {});
    path[route.method.toLowerCase()] = writeOperation(endpoint, inputs, writer.write);
  }
  return {
    openapi: "3.1.0",
    info: { ...info, version: about.version },
    servers: [{ url: about.url }],
    security: [{ token: [] }],
    tags: [...tags].map((name) => ({ name })),
    paths,
    components: {
      schemas: writer.components,
      securitySchemes: {
        token: { type: "http", scheme: "bearer", bearerFormat: "berth_ and 43 characters of base64url" },
      },
    },
  };
}

/** The routes that are described, each with the inputs of the handlers at the same method and path. */
function describedRoutes(routes: readonly RouterRoute[]) {
  return routes.flatMap((route) => {
    const endpoint = endpointOf(route.handler);
    if (endpoint === undefined) return [];
    const inputs = routes
      .filter(({ method, path }) => method === route.method && path === route.path)
      .flatMap(({ handler }) => inputOf(handler) ?? []);
    return [{ route, endpoint, inputs }];
  });
}

/** Hono's `/apps/:app` as OpenAPI's `/apps/{app}`. */
export function openApiPath(path: string): string {
  return path.replace(/:([A-Za-z]+)/g, "{$1}");
}

type Write = ReturnType<typeof makeSchemaWriter>["write"];

function writeOperation(endpoint: Endpoint, inputs: readonly InputMark[], write: Write): JsonSchema {
  const body = inputs.find(({ target }) => target === "json");
  const parameters = inputs.filter(({ target }) => target !== "json").flatMap((input) => writeParameters(input, write));
  const description = [endpoint.description, `Needs the role ${endpoint.role}.`].filter(Boolean).join("\n\n");
  return {
    operationId: endpoint.id,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description,
    ...(parameters.length > 0 && { parameters }),
    ...(body && { requestBody: writeBody(body.schema, write) }),
    responses: {
      ...writeAnswers(endpoint, write),
      ...writeErrors(
        [
          ...commonErrors,
          ...(inputs.length > 0 ? (["input.invalid"] as const) : []),
          ...(body ? bodyErrors : []),
          ...(endpoint.errors ?? []),
        ],
        write,
      ),
    },
  };
}

const parameterPlaces = { query: "query", param: "path", header: "header" } as const;

function writeParameters({ target, schema }: InputMark, write: Write): JsonSchema[] {
  if (target === "json" || !(schema instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(schema.shape).map(([name, member]) => {
    const { description, ...written } = write(member, "input");
    return {
      name,
      in: parameterPlaces[target],
      required: target === "param" || !member.safeParse(undefined).success,
      ...(description !== undefined && { description }),
      schema: written,
    };
  });
}

function writeBody(schema: z.ZodType, write: Write): JsonSchema {
  const required = !schema.safeParse(undefined).success;
  return { required, content: { "application/json": { schema: write(schema, "input") } } };
}

function writeAnswers(endpoint: Endpoint, write: Write): Record<string, JsonSchema> {
  return Object.fromEntries(
    Object.entries(endpoint.answers).map(([status, { description, content }]) => {
      const media = Object.entries(content).map(([type, { schema, example }]) => [
        type,
        { schema: write(schema, "output"), example },
      ]);
      return [status, { description, ...(media.length > 0 && { content: Object.fromEntries(media) }) }];
    }),
  );
}

function writeErrors(codes: readonly ErrorCode[], write: Write): Record<string, JsonSchema> {
  const schema = write(problemSchema, "output");
  const byStatus = Map.groupBy(new Set(codes), (code) => errorStatus[code]);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => [
      String(status),
      {
        description: ofStatus.map((code) => `\`${code}\``).join(", "),
        content: {
          [problemType]: {
            schema,
            examples: Object.fromEntries(ofStatus.map((code) => [code, { value: exampleProblem(code) }])),
          },
        },
      },
    ]),
  );
}
