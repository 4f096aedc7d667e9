import { BerthError } from "@berth/core";
import type { Context, MiddlewareHandler } from "hono";

export const maxBodyBytes = 2 ** 20;

/** Refuses a body that says it is something else than JSON: only `application/json` makes a browser ask before it sends. */
export function requireJson(): MiddlewareHandler {
  return async (c, next) => {
    const type = c.req.header("content-type");
    if (type !== undefined && !isJson(type)) throw unsupportedType(type);
    await next();
  };
}

/** JavaScript's own: schemas leave it out of what they let through, and nobody would be told. */
const protoKey = "__proto__";

function refuseProto(key: string, value: unknown): unknown {
  if (key === protoKey) throw new Error(`${protoKey} cannot be a key`);
  return value;
}

/** The body as JSON; undefined where there is none. Throws `input.unsupported-type`, `input.too-large`, `input.invalid`. */
export async function readJson(c: Context): Promise<unknown> {
  const bytes = await readBody(c);
  if (bytes.length === 0) return undefined;
  if (c.req.header("content-type") === undefined) throw unsupportedType("none");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return JSON.parse(text, text.includes(protoKey) ? refuseProto : undefined);
  } catch (thrown) {
    throw new BerthError("input.invalid", "The body is not JSON.", {
      hint: thrown instanceof Error ? `The parser says: ${thrown.message}` : "Send a JSON object.",
    });
  }
}

/**
 * All bytes of the body, of which at most 1 MiB are read. By hand, for Hono's own limit makes a new Request of the one it is given,
 * which the one that @hono/node-server gives cannot be made into without replacing the global Request.
 */
async function readBody(c: Context): Promise<Uint8Array> {
  if (Number(c.req.header("content-length") ?? 0) > maxBodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of c.req.raw.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function isJson(contentType: string): boolean {
  return /^application\/json\s*(;|$)/i.test(contentType.trim());
}

function tooLarge(): BerthError {
  return new BerthError("input.too-large", "The body is larger than 1 MiB.", {
    hint: "Source code comes in by `git push` or `berth deploy`, not through the API.",
  });
}

function unsupportedType(type: string): BerthError {
  return new BerthError("input.unsupported-type", `The body's type ${JSON.stringify(type)} is not supported.`, {
    path: "Content-Type",
    hint: "Send JSON with `Content-Type: application/json`.",
  });
}
