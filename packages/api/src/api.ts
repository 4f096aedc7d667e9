import { BerthError } from "@berth/core";
import { Hono } from "hono";
import { makeAuthenticator } from "./auth/authenticator.ts";
import { authenticate } from "./auth/middleware.ts";
import type { ApiDeps, ApiEnv } from "./deps.ts";
import { requireJson } from "./http/body.ts";
import { problemResponse } from "./http/problem.ts";
import { checkHost, refuseOtherSites, secureHeaders } from "./http/security.ts";
import { tellError } from "./http/tell-error.ts";
import { appRoutes } from "./routes/apps.ts";
import { auditRoutes } from "./routes/audit.ts";
import { baseRoutes } from "./routes/bases.ts";
import { clusterRoutes } from "./routes/clusters.ts";
import { configRoutes } from "./routes/config.ts";
import { cronRoutes } from "./routes/crons.ts";
import { drillRoutes } from "./routes/drills.ts";
import { environmentRoutes } from "./routes/environments.ts";
import { execRoutes } from "./routes/exec.ts";
import { imageRoutes } from "./routes/images.ts";
import { logRoutes } from "./routes/logs.ts";
import { driftRoutes } from "./routes/drift.ts";
import { diffRoutes } from "./routes/diff.ts";
import { manifestRoutes } from "./routes/manifests.ts";
import { operationRoutes } from "./routes/operations.ts";
import { provenanceRoutes } from "./routes/provenance.ts";
import { releaseRoutes } from "./routes/releases.ts";
import { runRoutes } from "./routes/runs.ts";
import { serverRoutes } from "./routes/server.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { usageRoutes } from "./routes/usage.ts";
import { wakeRoutes } from "./routes/wakes.ts";
import { workloadRoutes } from "./routes/workloads.ts";

/** The API under `/api/v1`. Its routes keep their types, so that the client knows them. */
export function makeApi(deps: ApiDeps) {
  const base = new Hono<ApiEnv>().basePath("/api/v1");
  base.onError((thrown, c) => problemResponse(tellError(thrown, deps, { method: c.req.method, path: c.req.path })));
  base.notFound((c) =>
    problemResponse(
      new BerthError("not-found", `There is no ${c.req.method} ${c.req.path}.`, {
        hint: "GET /api/v1/openapi.json describes all routes.",
      }),
    ),
  );
  return base
    .use(secureHeaders())
    .use(checkHost(deps.urls))
    .use(refuseOtherSites(deps.urls))
    .use(authenticate(makeAuthenticator(deps.store, deps.clock)))
    .use(requireJson())
    .route("/", appRoutes(deps))
    .route("/", environmentRoutes(deps))
    .route("/", manifestRoutes(deps))
    .route("/", driftRoutes(deps))
    .route("/", workloadRoutes(deps))
    .route("/", wakeRoutes(deps))
    .route("/", usageRoutes(deps))
    .route("/", releaseRoutes(deps))
    .route("/", drillRoutes(deps))
    .route("/", configRoutes(deps))
    .route("/", diffRoutes(deps))
    .route("/", provenanceRoutes(deps))
    .route("/", operationRoutes(deps))
    .route("/", logRoutes(deps))
    .route("/", runRoutes(deps))
    .route("/", execRoutes(deps))
    .route("/", cronRoutes(deps))
    .route("/", baseRoutes(deps))
    .route("/", clusterRoutes(deps))
    .route("/", imageRoutes(deps))
    .route("/", tokenRoutes(deps))
    .route("/", auditRoutes(deps))
    .route(
      "/",
      serverRoutes(deps, () => base.routes),
    );
}

export type ApiType = ReturnType<typeof makeApi>;
