import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "./harness.ts";
import { routesOf } from "./routes-of.ts";

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
}
interface Operation {
  operationId: string;
  summary: string;
  security?: object[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: { "application/json": { schema: object } } };
  responses: Record<string, { content?: Record<string, { schema?: object; example?: unknown; examples?: object }> }>;
}

describe("the OpenAPI document", () => {
  let harness: Harness;
  let document: Document;
  beforeAll(async () => {
    harness = await openHarness();
    document = (await (await harness.send("GET", "/openapi.json")).json()) as Document;
  });
  afterAll(() => harness.close());

  it("is valid by the rules of OpenAPI 3.1", async () => {
    const validator = new Validator();
    const result = await validator.validate({ ...structuredClone(document) });
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
    expect(validator.version).toBe("3.1");
    expect((await new Validator().validate({ ...document, info: { title: "no version" } })).valid).toBe(false);
  });

  it("points at nothing that is not in it", () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    const names = [...references].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => name === undefined || !(name in document.components.schemas))).toEqual([]);
    expect(JSON.stringify(document)).not.toContain("$defs");
  });

  it("has each route of the API and no other", () => {
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const routed = routesOf(harness.api).map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    expect(documented.sort()).toEqual(routed.sort());
    expect(routed.length).toBeGreaterThan(18);
  });

  it("says of every operation what it takes, how it ends and what goes wrong", () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.values(methods).map((operation) => ({ path, operation })),
    );
    expect(new Set(operations.map(({ operation }) => operation.operationId)).size).toBe(operations.length);
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = (operation.parameters ?? []).filter((one) => one.in === "path" && one.required);
      expect(described.map(({ name }) => name).sort()).toEqual(inPath.sort());
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["401", "403", "421", "500"]));
      for (const [status, { content = {} }] of Object.entries(operation.responses)) {
        if (status === "101" || status === "204") continue;
        const media = Object.values(content);
        expect(media.length).toBeGreaterThan(0);
        expect(media.every((one) => one.schema !== undefined && (one.example ?? one.examples) !== undefined)).toBe(
          true,
        );
      }
    }
  });

  it("says that bodies take nothing beyond what it names, and shows one of each", () => {
    const bodies = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap((operation) => operation.requestBody?.content["application/json"].schema ?? []),
    );
    expect(bodies.length).toBe(19);
    for (const body of bodies)
      expect(body).toMatchObject({ additionalProperties: false, examples: [expect.anything()] });
    expect(document.components.schemas["App"]).not.toHaveProperty("additionalProperties");
  });

  it("requires the token everywhere", () => {
    expect(document).toMatchObject({
      security: [{ token: [] }],
      components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    });
    expect(JSON.stringify(document.paths)).not.toContain('"security"');
  });

  it("gives examples that fit their schemas exactly", () => {
    for (const { endpoint } of routesOf(harness.api)) {
      for (const answer of Object.values(endpoint?.answers ?? {})) {
        for (const { schema, example } of Object.values(answer.content)) expect(schema.parse(example)).toEqual(example);
      }
    }
  });
});
