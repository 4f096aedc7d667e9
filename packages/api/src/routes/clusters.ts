import type { NewCluster } from "@berth/core";
import { Hono } from "hono";
import { z } from "zod";
import type { ApiDeps, ApiEnv } from "../deps.ts";
import { findEnvironment } from "../find.ts";
import { validate } from "../http/validate.ts";
import { answerOperation, waitQuery } from "../http/wait.ts";
import { endpoint, jsonAnswer } from "../openapi/endpoint.ts";
import { operationAnswers } from "../openapi/operation-answers.ts";
import { clusterParam, clusterSchema, exampleCluster, forgotten, moveBody, newCluster } from "../schemas/cluster.ts";
import { scopeParam } from "../schemas/common.ts";

const tag = "clusters";

export function clusterRoutes({ clusters, store, deployments, clock }: ApiDeps) {
  return new Hono<ApiEnv>()
    .get(
      "/clusters",
      endpoint({
        id: "listClusters",
        tag,
        summary: "List clusters",
        description: "Each is asked whether it answers. The cluster of the server's settings is `default`.",
        role: "viewer",
        answers: {
          200: jsonAnswer("All clusters", z.object({ items: z.array(clusterSchema) }), { items: [exampleCluster] }),
        },
        errors: ["cluster.unsupported"],
      }),
      async (c) => c.json({ items: await clusters.list() }, 200),
    )
    .post(
      "/clusters",
      endpoint({
        id: "addCluster",
        tag,
        summary: "Register a cluster",
        description:
          "It is connected to at once, and kept where it answers, may be used, and runs what is built here. The kubeconfig stays at the server.",
        role: "owner",
        answers: { 201: jsonAnswer("The cluster", clusterSchema, exampleCluster) },
        errors: [
          "cluster.exists",
          "cluster.forbidden",
          "cluster.unfit",
          "cluster.unreachable",
          "cluster.unsupported",
          "settings.invalid",
        ],
      }),
      validate("json", newCluster),
      async (c) => {
        const {
          name,
          kubeconfig,
          context = null,
          pullLogin = null,
          namespacePrefix = null,
          registry = null,
          routerAddresses = null,
          ranges = null,
          quota = null,
        } = c.req.valid("json");
        const options = { namespacePrefix, registry, routerAddresses, ranges, quota };
        const cluster: NewCluster = { name, kubeconfig, context, pullLogin, options };
        return c.json(await clusters.add(cluster, c.get("auth")), 201);
      },
    )
    .delete(
      "/clusters/:name",
      endpoint({
        id: "deleteCluster",
        tag,
        summary: "Forget a cluster",
        description: "What Berth still has there is removed. It is refused while environments are on it.",
        role: "owner",
        answers: { 200: jsonAnswer("It is forgotten", forgotten, { leftover: null }) },
        errors: ["cluster.in-use", "cluster.not-found", "cluster.unsupported"],
      }),
      validate("param", clusterParam),
      async (c) => c.json(await clusters.delete(c.req.valid("param").name, c.get("auth")), 200),
    )
    .post(
      "/apps/:app/environments/:environment/move",
      endpoint({
        id: "moveEnvironment",
        tag,
        summary: "Move an environment to another cluster",
        description:
          "Brings what is live up there, sends requests to it in one step, and takes down what ran before. Where it does not come up, all stays as it is.",
        role: "deployer",
        answers: operationAnswers("move"),
        errors: [
          "app.not-found",
          "cluster.not-found",
          "cluster.unreachable",
          "cluster.unsupported",
          "environment.not-found",
          "release.not-found",
        ],
      }),
      validate("param", scopeParam),
      validate("query", waitQuery),
      validate("json", moveBody),
      async (c) => {
        const scope = c.req.valid("param");
        await findEnvironment(store, scope);
        const started = await deployments.move({ ...scope, ...c.req.valid("json") }, c.get("auth"));
        return answerOperation(c, started, c.req.valid("query").wait, clock);
      },
    );
}
