import { BerthError } from "@berth/core";
import type { Context } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { type OpenedSession, serveSession } from "./serve-session.ts";

const argvBytesAtMost = 100_000;

/** What every session begins with. */
export const sessionStart = z.strictObject({
  kind: z.literal("start"),
  service: z.string().min(1).max(63).nullable().default(null),
  argv: z
    .array(z.string().refine((word) => !word.includes("\0"), "must not hold a NUL"))
    .max(1_000)
    .refine((argv) => argv.join("").length <= argvBytesAtMost, "is too long"),
  terminal: z
    .strictObject({
      columns: z.int().min(1).max(10_000),
      rows: z.int().min(1).max(10_000),
      term: z.string().regex(/^[\w.+-]{1,64}$/),
    })
    .nullable()
    .default(null),
});

/** Has a client's connection be a session, which `open` starts. Throws `upgrade.required` where it is no WebSocket. */
export function acceptSession<Start>(
  c: Context<ApiEnv>,
  { clock, random, log }: Pick<ApiDeps, "clock" | "random" | "log">,
  { schema, open }: { schema: z.ZodType<Start>; open(start: Start): Promise<OpenedSession> },
): Response {
  // Only a server hands it in, and only with an upgrade.
  const accept = (c.env as ApiEnv["Bindings"] | undefined)?.accept;
  if (accept === undefined) throw upgradeRequired();
  const stillAllowed = c.get("stillAllowed");
  accept((socket, signal) =>
    serveSession(
      socket,
      { signal, stillAllowed, open: async (start) => await open(readStart(schema, start)) },
      { clock, random, log },
    ),
  );
  return c.body(null, 204);
}

/** Throws `input.invalid`. */
function readStart<Start>(schema: z.ZodType<Start>, start: unknown): Start {
  const read = schema.safeParse(start);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path.map(String).join(".") || "start";
  throw new BerthError("input.invalid", `${path}: ${issue?.message ?? "does not fit"}`, { path });
}

function upgradeRequired(): BerthError {
  return new BerthError("upgrade.required", "This is a WebSocket: it has to be asked for as one.", {
    hint: "Use the berth command, or a WebSocket client.",
  });
}
