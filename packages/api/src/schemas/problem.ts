import { type ErrorCode, errorStatus } from "@berth/core";
import { z } from "zod";
import { makeProblem, type Problem } from "../http/problem.ts";
import { BerthError } from "@berth/core";

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

/** An example of a problem with this code. */
export function exampleProblem(code: ErrorCode): Problem {
  return makeProblem(new BerthError(code, `An example of ${code}.`, { hint: "What to do about it." }));
}
