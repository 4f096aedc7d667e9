import { BerthError } from "@berth/core";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";

export const maxBodyBytes = 2 ** 20;

/** Refuses bodies above 1 MiB, also those that do not say their length. */
export function limitBody(): MiddlewareHandler {
  return bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new BerthError("input.too-large", "The body is larger than 1 MB.", {
        hint: "Source code comes in by `git push` or `berth deploy`, not through the API.",
      });
    },
  });
}

/** Refuses a body that says it is something else than JSON: only `application/json` makes a browser ask before it sends. */
export function requireJson(): MiddlewareHandler {
  return async (c, next) => {
    const type = c.req.header("content-type");
    if (type !== undefined && !isJson(type)) throw unsupportedType(type);
    await next();
  };
}

/** The body as JSON; undefined where there is none. Throws `input.unsupported-type`, `input.invalid`. */
export async function readJson(c: Context): Promise<unknown> {
  const text = await c.req.text();
  if (text === "") return undefined;
  if (c.req.header("content-type") === undefined) throw unsupportedType("none");
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new BerthError("input.invalid", "The body is not JSON.", {
      hint: thrown instanceof Error ? `The parser says: ${thrown.message}` : "Send a JSON object.",
    });
  }
}

function isJson(contentType: string): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType.trim());
}

function unsupportedType(type: string): BerthError {
  return new BerthError("input.unsupported-type", `The body's type ${JSON.stringify(type)} is not supported.`, {
    path: "Content-Type",
    hint: "Send JSON with `Content-Type: application/json`.",
  });
}
