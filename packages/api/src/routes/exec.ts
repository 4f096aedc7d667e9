import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { emptyAnswer, endpoint } from "../openapi/endpoint.ts";
import { scopeParam } from "../schemas/common.ts";
import { acceptSession, sessionStart } from "../sessions/accept-session.ts";

const execStart = sessionStart.extend({ instance: z.string().min(1).max(255).nullable().default(null) });

export function execRoutes(deps: ApiDeps) {
  const { store, deployments } = deps;
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
      return acceptSession(c, deps, {
        schema: execStart,
        async open({ service, instance, argv, terminal }) {
          const request = { ...scope, service, instance, argv, terminal };
          const { session, ...told } = await deployments.exec(request, actor);
          return { session, told };
        },
      });
    },
  );
}
