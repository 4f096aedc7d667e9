import { expect } from "vitest";
import { problemSchema } from "../../packages/api/src/schemas/problem.ts";
import type { Harness } from "./harness.ts";
import { routesOf } from "./routes-of.ts";

/** Reads an answer and fails unless it is exactly what the document says of this route. */
export async function readDocumented(
  harness: Harness,
  method: string,
  path: string,
  response: Response,
): Promise<unknown> {
  const route = routesOf(harness.api).find((one) => one.method === method && matches(one.path, path));
  if (route?.endpoint === undefined) throw new Error(`no route for ${method} ${path}`);
  const type = response.headers.get("content-type") ?? "";
  if (response.status >= 400) {
    expect(type).toBe("application/problem+json");
    const problem: unknown = await response.json();
    expect(problemSchema.parse(problem)).toEqual(problem);
    expect(problem).toMatchObject({ status: response.status });
    return problem;
  }
  const answer = Object.entries(route.endpoint.answers).find(([status]) => Number(status) === response.status)?.[1];
  if (answer === undefined) throw new Error(`${method} ${path} answered an undocumented ${response.status}`);
  if (response.status === 204) {
    expect(await response.text()).toBe("");
    return null;
  }
  const schema = answer.content[type]?.schema;
  if (schema === undefined) throw new Error(`${method} ${path} answered an undocumented type ${type}`);
  const value: unknown = await response.json();
  // What a schema does not know it drops, so equal means that nothing undocumented is answered.
  expect(schema.parse(value)).toEqual(value);
  return value;
}

/** Sends a request and reads its answer, as documented. */
export async function ask(
  harness: Harness,
  method: string,
  path: string,
  request: Parameters<Harness["send"]>[2] = {},
): Promise<{ status: number; body: unknown; headers: Headers }> {
  const response = await harness.send(method, path, request);
  const body = await readDocumented(harness, method, path, response);
  return { status: response.status, body, headers: response.headers };
}

function matches(pattern: string, path: string): boolean {
  const text = `/api/v1${path}`.split("?", 1)[0] ?? "";
  return new RegExp(`^${pattern.replace(/:\w+/g, "[^/]+")}$`).test(text);
}
