import type { ClusterStatus } from "@berth/core";
import { z } from "zod";
import { person, time } from "./common.ts";

const name = z.string().min(1).max(30);

export const clusterSchema = z
  .object({
    name: z.string(),
    server: z.string().nullable().describe("The address of its API server, once it has answered"),
    isReachable: z.boolean(),
    problem: z.string().nullable().describe("Why it is not reachable"),
    version: z.string().nullable().describe("Of Kubernetes"),
    nodes: z.int().nullable(),
    namespacePrefix: z.string().describe("What the names of its namespaces begin with"),
    environments: z.array(z.string()).readonly().describe("Those that are on it, as `app/environment`"),
    createdAt: time.nullable().describe("Null of the cluster of the server's settings"),
    createdBy: person.nullable(),
  })
  .meta({ id: "Cluster", description: "A cluster that environments can be on" }) satisfies z.ZodType<ClusterStatus>;

const text = z.string().min(1).max(200);

export const newCluster = z
  .strictObject({
    name,
    kubeconfig: z
      .string()
      .min(1)
      .max(100_000)
      .describe("The text of one that has all it needs in it; never shown again"),
    context: text.optional().describe("Of the kubeconfig; otherwise its current one"),
    namespacePrefix: text.optional().describe("What the names of its namespaces begin with"),
    registry: text.optional().describe("Where its nodes fetch images, host and folder; otherwise as the server has it"),
    pullLogin: text.optional().describe("What nodes log in to that registry with, `name:password`; never shown again"),
    routerAddresses: z.array(text).max(20).optional().describe("At which its pods reach the server"),
    ranges: z.array(text).max(50).optional().describe("Address ranges of its pods, services and nodes"),
    quota: text.optional().describe("What an environment may ask of it, such as `pods=50,cpu=16,memory=32Gi`"),
  })
  .meta({ examples: [{ name: "eu", kubeconfig: "apiVersion: v1\nkind: Config\n…", namespacePrefix: "eu-" }] });

export const clusterParam = z.object({ name });

export const forgotten = z
  .object({
    leftover: z
      .string()
      .nullable()
      .describe("Where the cluster did not answer: the label by which kubectl finds what may be left there"),
  })
  .meta({ id: "ForgottenCluster", description: "What is left of Berth on a cluster that was forgotten" });

export const moveBody = z
  .strictObject({ cluster: name.describe("Its name, or `default`") })
  .meta({ examples: [{ cluster: "eu" }] });

export const exampleCluster: z.input<typeof clusterSchema> = {
  name: "eu",
  server: "https://192.0.2.10:6443",
  isReachable: true,
  problem: null,
  version: "1.35.4",
  nodes: 3,
  namespacePrefix: "eu-",
  environments: ["shop/production"],
  createdAt: 1_767_225_600_000,
  createdBy: "ada",
};
