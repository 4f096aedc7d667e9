import { roles, type Token } from "@berth/core";
import { z } from "zod";
import { isPerson } from "../auth/token.ts";
import { person, time } from "./common.ts";

export const roleSchema = z
  .enum(roles)
  .describe("A viewer looks, a deployer also changes what runs, an owner also deletes apps and manages tokens");

export const tokenSchema = z
  .object({
    id: z.string(),
    person,
    role: roleSchema,
    note: z.string().describe("What it is for"),
    createdAt: time,
    lastUsedAt: time.nullable(),
  })
  .meta({ id: "Token", description: "Names a person with a role; its secret is not kept" }) satisfies z.ZodType<Token>;

export const createdTokenSchema = tokenSchema
  .extend({ secret: z.string().describe("The token itself, shown this once") })
  .meta({ id: "CreatedToken", description: "A new token with its secret" });

export const newToken = z
  .strictObject({
    person: z
      .string()
      .refine(isPerson, "expected a slug such as ada: a-z, 0-9 and hyphens, starting with a letter, at most 39")
      .describe("Whom it names: a-z, 0-9 and hyphens, starting with a letter"),
    role: roleSchema,
    note: z.string().max(200).default("").describe("What it is for, such as `CI`"),
  })
  .meta({ examples: [{ person: "ada", role: "deployer", note: "CI" }] });

export const whoamiSchema = z
  .object({
    person,
    role: roleSchema,
    token: z.string().describe("The id of the token that was sent"),
  })
  .meta({ id: "Whoami", description: "Whom the token names" });

export const exampleToken: z.input<typeof tokenSchema> = {
  id: "tok_01kdv9z3b4",
  person: "ada",
  role: "deployer",
  note: "CI",
  createdAt: 1_767_225_600_000,
  lastUsedAt: null,
};
