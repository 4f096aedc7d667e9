import { BerthError } from "@berth/core";
import type { Context, MiddlewareHandler } from "hono";
import type { z } from "zod";
import type { ApiEnv } from "../deps.ts";
import { type InputTarget, markInput } from "../openapi/marks.ts";
import { readJson } from "./body.ts";

/** Reads one part of a request through a schema; the handler has it as `c.req.valid(target)`. Throws `input.invalid` with all that is wrong. */
export function validate<Target extends InputTarget, Schema extends z.ZodType<object | undefined>>(
  target: Target,
  schema: Schema,
): MiddlewareHandler<
  ApiEnv,
  string,
  { in: { [K in Target]: z.input<Schema> }; out: { [K in Target]: z.output<Schema> } }
> {
  const middleware: MiddlewareHandler<ApiEnv> = async (c, next) => {
    const result = schema.safeParse(await read(c, target));
    if (!result.success) throw invalidInput(target, result.error.issues);
    c.req.addValidatedData(target, result.data ?? {});
    await next();
  };
  return markInput(middleware, { target, schema });
}

function read(c: Context, target: InputTarget): unknown {
  switch (target) {
    case "json":
      return readJson(c);
    case "query":
      return c.req.query();
    case "param":
      return c.req.param();
    case "header":
      return c.req.header();
  }
}

const places: Record<InputTarget, string> = { json: "body", query: "query", param: "path", header: "header" };

function invalidInput(target: InputTarget, issues: readonly z.core.$ZodIssue[]): BerthError {
  const [first] = issues;
  const path = first === undefined || first.path.length === 0 ? places[target] : pathText(first.path);
  return new BerthError("input.invalid", `${path}: ${first?.message ?? "does not fit"}`, {
    path,
    hint: "GET /api/v1/openapi.json describes what each route takes.",
    details: issues.map((issue) => `${pathText(issue.path) || places[target]}: ${issue.message}`),
  });
}

function pathText(path: readonly PropertyKey[]): string {
  return path.map(String).join(".");
}
