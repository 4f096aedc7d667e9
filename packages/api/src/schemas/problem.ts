import { BerthError, type ErrorCode, errorStatus } from "@berth/core";
import { z } from "zod";
import { makeProblem, type Problem } from "../http/problem.ts";

const codes = Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]];

export const problemSchema = z
  .object({
    type: z.string().describe("A URN made of the code"),
    title: z.string().describe("The code in words"),
    status: z.int().min(400).max(599),
    detail: z.string().describe("What is wrong, in one sentence"),
    code: z.enum(codes).describe("Stable; match on this"),
    path: z.string().optional().describe("The field, header or file it concerns"),
    hint: z.string().optional().describe("What to do about it"),
    errors: z
      .array(z.object({ detail: z.string() }))
      .optional()
      .describe("Everything that is wrong, where there is more"),
  })
  .meta({ id: "Problem", description: "An error, as RFC 9457 writes it" }) satisfies z.ZodType<Problem>;

/** What a problem says, for the document. */
const examples: Partial<Record<ErrorCode, [detail: string, hint: string]>> = {
  "app.exists": ["There already is an app shop.", "Choose another name."],
  "app.invalid-name": ['The app name "Shop!" does not fit.', "Use 3 to 30 characters: a-z, 0-9 and single hyphens."],
  "app.not-found": ['There is no app "shp".', "`berth apps list` shows those there are."],
  "auth.forbidden": ["grace (viewer) may not roll back.", "Ask an owner for a token with the role deployer."],
  "auth.required": ["This needs a token.", "Run `berth login`, or send `Authorization: Bearer <token>`."],
  conflict: ["Another change came first.", "Look at what there is now and try again."],
  "environment.not-found": ['The app shop has no environment "tpic".', "It has production, topic."],
  "host.unknown": ['The API is not at the host "evil.example".', "It is at http://localhost:4000."],
  "input.invalid": ["limit: Invalid input: expected number, received NaN", "GET /api/v1/openapi.json describes it."],
  "input.too-large": ["The body is larger than 1 MiB.", "Source code comes in by `git push`."],
  "input.unsupported-type": ['The body\'s type "text/plain" is not supported.', "Send JSON."],
  internal: ["Berth ran into an error of its own.", "The server's log has it under the reference 5f3a9c."],
  "not-found": ["There is no such thing.", "Check its name."],
  "operation.not-found": ['There is no operation "op_1".', "Old ones are removed after a while."],
  "release.not-found": ["There is no v99 in production of shop.", "`berth releases` shows those that are kept."],
  "release.not-restorable": ["The image of v3 is gone.", "Deploy its commit again."],
};

/** An example of a problem with this code. */
export function exampleProblem(code: ErrorCode): Problem {
  const [detail, hint] = examples[code] ?? [`What is wrong (${code}).`, "What to do about it."];
  return makeProblem(new BerthError(code, detail, { hint }));
}
