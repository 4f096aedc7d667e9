import { BerthError } from "@berth/core";
import type { MiddlewareHandler } from "hono";
import type { ApiEnv } from "../deps.ts";
import type { Authenticator } from "./authenticator.ts";

const bearer = /^Bearer +(\S+) *$/i;

/** Lets nothing through without a token. Throws `auth.required`. */
export function authenticate(authenticator: Authenticator): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const header = c.req.header("authorization");
    const secret = header === undefined ? undefined : bearer.exec(header)?.[1];
    const auth = secret === undefined ? null : await authenticator(secret);
    if (secret === undefined || auth === null) throw refusal(header);
    c.set("auth", auth);
    c.set("stillAllowed", async () => (await authenticator(secret)) !== null);
    await next();
  };
}

function refusal(header: string | undefined): BerthError {
  if (header === undefined) {
    return new BerthError("auth.required", "This needs a token.", {
      hint: "Run `berth login`, or send `Authorization: Bearer <token>`.",
    });
  }
  return new BerthError("auth.required", "The token is not valid.", {
    hint: "It may have been deleted. Run `berth login` with another one, or ask an owner for it.",
  });
}
