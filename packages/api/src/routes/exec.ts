import { BerthError } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { emptyAnswer, endpoint } from "../openapi/endpoint.ts";
import { scopeParam } from "../schemas/common.ts";
import { serveSession } from "../sessions/serve-session.ts";

const argvBytesAtMost = 100_000;

/** What a session begins with. */
const execStart = z.strictObject({
  kind: z.literal("start"),
  service: z.string().min(1).max(63).nullable().default(null),
  instance: z.string().min(1).max(255).nullable().default(null),
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

export function execRoutes(deps: ApiDeps) {
  const { store, deployments, clock, random, log } = deps;
  return new Hono<ApiEnv>().get(
    "/apps/:app/environments/:environment/exec",
    endpoint({
      id: "exec",
      tag: "environments",
      summary: "Run a program beside an instance",
      description:
        "A WebSocket. The client's first message is `start` as JSON, with `service`, `instance`, `argv` and `terminal`; what follows is described in docs/exec.md. Ends with the connection.",
      role: "deployer",
      answers: { 101: emptyAnswer("The session begins") },
      errors: ["app.not-found", "environment.not-found", "upgrade.required"],
    }),
    validate("param", scopeParam),
    async (c) => {
      const scope = c.req.valid("param");
      const actor = c.get("auth");
      await findEnvironment(store, scope);
      // Only a server hands it in, and only with an upgrade.
      const accept = (c.env as ApiEnv["Bindings"] | undefined)?.accept;
      if (accept === undefined) throw upgradeRequired();
      accept((socket, signal) =>
        serveSession(
          socket,
          {
            signal,
            stillAllowed: c.get("stillAllowed"),
            async open(start) {
              const { service, instance, argv, terminal } = readStart(start);
              const { session, ...told } = await deployments.exec(
                { ...scope, service, instance, argv, terminal },
                actor,
              );
              return { session, told };
            },
          },
          { clock, random, log },
        ),
      );
      return c.body(null, 204);
    },
  );
}

/** Throws `input.invalid`. */
function readStart(start: unknown): z.output<typeof execStart> {
  const read = execStart.safeParse(start);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const path = issue?.path.map(String).join(".") || "start";
  throw new BerthError("input.invalid", `${path}: ${issue?.message ?? "does not fit"}`, { path });
}

function upgradeRequired(): BerthError {
  return new BerthError("upgrade.required", "This is a WebSocket: it has to be asked for as one.", {
    hint: "Use `berth exec`, or a WebSocket client.",
  });
}
