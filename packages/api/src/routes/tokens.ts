import { BerthError, requireRole, type Store } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import { createToken } from "../auth/token.ts";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { validate } from "../http/validate.ts";
import { emptyAnswer, endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { createdTokenSchema, exampleToken, newToken, tokenSchema } from "../schemas/token.ts";

const tag = "tokens";
const tokenParam = z.object({ id: z.string().min(1).max(100).describe("The token's id") });

export function tokenRoutes({ store, random }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/tokens",
      endpoint({
        id: "listTokens",
        tag,
        summary: "List tokens",
        role: "owner",
        answers: {
          200: jsonAnswer("All tokens", z.object({ items: z.array(tokenSchema) }), { items: [exampleToken] }),
        },
      }),
      async (c) => c.json({ items: await store.tokens.list() }, 200),
    )
    .post(
      "/tokens",
      endpoint({
        id: "createToken",
        tag,
        summary: "Create a token",
        description: "`secret` is the token itself. It is shown this once and not kept.",
        role: "owner",
        answers: {
          201: jsonAnswer("The new token", createdTokenSchema, {
            ...exampleToken,
            secret: "berth_Jz3x0Zb2oV8mRkqYc1WlTn5aPd7uEh9sGf4iKjLxQwA",
          }),
        },
      }),
      validate("json", newToken),
      async (c) => {
        const { token, secret } = await createToken({ store, random }, c.req.valid("json"), c.get("auth"));
        return c.json({ ...token, secret }, 201);
      },
    )
    .delete(
      "/tokens/:id",
      endpoint({
        id: "deleteToken",
        tag,
        summary: "Delete a token",
        description: "It is refused from now on. Owners delete any, everyone their own; an owner's last one stays.",
        role: "viewer",
        answers: { 204: emptyAnswer("It is gone") },
        errors: ["not-found", "conflict"],
      }),
      validate("param", tokenParam),
      async (c) => {
        const { id } = c.req.valid("param");
        const auth = c.get("auth");
        if (id !== auth.tokenId) requireRole(auth, "owner", "delete other people's tokens");
        await checkDeletable(store, id);
        await store.tokens.delete(id, auth);
        return c.body(null, 204);
      },
    );
}

/** Throws `not-found`, and `conflict` where nobody could manage tokens any more. */
async function checkDeletable(store: Store, id: string): Promise<void> {
  const tokens = await store.tokens.list();
  const token = tokens.find((one) => one.id === id);
  if (token === undefined) {
    throw new BerthError("not-found", `There is no token ${JSON.stringify(id)}.`, {
      path: "id",
      hint: "`berth tokens list` shows those there are.",
    });
  }
  if (token.role === "owner" && !tokens.some((one) => one.role === "owner" && one.id !== id)) {
    throw new BerthError("conflict", "This is the last token of an owner.", {
      path: "id",
      hint: "Create another token with the role owner first.",
    });
  }
}
