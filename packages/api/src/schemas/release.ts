import type { MetricCommand, Release, ServiceOverride, ServiceSpec, SourceOrigin } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, person, time, versionNumber } from "./common.ts";
import { cronSchema } from "./cron.ts";
import { scaleOverrideSchema } from "./scale.ts";

const origin = z
  .object({
    commit: z.string().nullable().describe("The commit that was pushed; null for a working tree"),
    tree: z.string().describe("Git's id of the root tree"),
    branch: z.string().nullable(),
    message: z.string().describe("The first line of the commit's message"),
    author: z.string().nullable(),
  })
  .meta({ id: "SourceOrigin", description: "Where a release's source came from" }) satisfies z.ZodType<SourceOrigin>;

const command = z.union([z.object({ argv: z.array(z.string()) }), z.object({ shell: z.string() })]);

export const metricCommandSchema = z.object({
  command: command.describe("Prints as its last line how much waits in all"),
  target: z.number().describe("How much of it is for one instance"),
  everyMs: z.number(),
}) satisfies z.ZodType<MetricCommand>;

const scale = z.object({
  min: z.int(),
  max: z.int(),
  idleMs: z.number(),
  concurrency: z.int().optional(),
  target: z.number().optional(),
  cpuPercent: z.int().optional(),
  metric: metricCommandSchema.optional().describe("What says how much work waits for a worker"),
  whileAwake: z
    .boolean()
    .optional()
    .describe("Of a worker: it runs only while a service of its environment that takes requests is awake"),
});
const overrides = z
  .record(z.string(), scaleOverrideSchema)
  .optional()
  .describe("What `berth scale` has laid over berth.yaml, by service");

const serviceSpec = z
  .object({
    name: z.string(),
    source: z.string(),
    command,
    routes: z.array(z.string()),
    listens: z.boolean(),
    health: z.object({ path: z.string(), timeoutMs: z.number() }),
    scale,
    resources: z.object({ cpuMillis: z.number(), memoryBytes: z.number() }),
    env: z.record(z.string(), z.string()),
    rules: z
      .record(
        z.string(),
        z.object({
          generate: z.int().optional().describe("So many random bytes are drawn where nothing sets it"),
          isShared: z.boolean().optional(),
          required: z.boolean().optional(),
          pattern: z.string().optional(),
          description: z.string().optional(),
          at: z.string().optional().describe("Where berth.yaml says so"),
        }),
      )
      .optional()
      .describe("What berth.yaml says of variables besides values"),
    stopGraceMs: z.number(),
    cron: cronSchema.optional().describe("It has no instances, and runs at these times"),
  })
  .meta({ id: "ServiceSpec", description: "A service with every default filled in" }) satisfies z.ZodType<ServiceSpec>;

const override = z
  .object({
    env: z.record(z.string(), z.string().nullable()).optional().describe("Null: it is not set"),
    resources: z.object({ cpuMillis: z.number().optional(), memoryBytes: z.number().optional() }).optional(),
    command: serviceSpec.shape.command.optional(),
    healthPath: z.string().optional(),
  })
  .meta({ id: "ServiceOverride", description: "What of a service is otherwise" }) satisfies z.ZodType<ServiceOverride>;
const adopted = z.record(z.string(), override).optional().describe("What was changed by hand and adopted, by service");

const decided = z
  .array(z.string())
  .optional()
  .describe("Of a change of config: the variables that it sets or takes back");

const digest = z.templateLiteral(["sha256:", z.string()]).describe("The digest of an OCI image");

const summary = z.object({
  app: appName,
  environment: environmentName,
  version: versionNumber,
  kind: z.enum(["deploy", "promote", "rollback", "scale", "adopt", "move", "config"]),
  carries: versionNumber
    .nullable()
    .describe("The deploy whose content a rollback, a move or a change of scale carries forward"),
  cluster: z.string().nullable().describe("The registered cluster that it was to become live on"),
  origin,
  createdAt: time,
  createdBy: person,
  state: z.enum(["pending", "live", "superseded", "failed"]),
  liveAt: time.nullable(),
  supersededAt: time.nullable(),
  reason: z.string().nullable().describe("Why it failed"),
  operation: z.string().describe("The operation that made it"),
}) satisfies z.ZodType<Omit<Release, "snapshot">>;

export const releaseSummarySchema = summary
  .extend({
    services: z.array(z.string()).describe("The names of its services"),
    scales: overrides,
    adopted,
    decided,
    url: z.string().nullable().describe("Its permalink; only production's releases have one"),
  })
  .meta({ id: "ReleaseSummary", description: "A release without its content" });

export const releaseSchema = releaseSummarySchema
  .extend({
    snapshot: z.object({
      services: z.array(
        z.object({
          spec: serviceSpec,
          image: digest,
          declaredScale: scale.optional().describe("The scale that berth.yaml has, where an override is on top of it"),
          declared: override.optional().describe("What berth.yaml has, where something adopted is on top of it"),
        }),
      ),
      release: z
        .object({
          command,
          service: z.string(),
          timeoutMs: z.number(),
          undo: command.optional().describe("Takes back what it did, where a rollback goes across this release"),
          rollback: z.literal("safe").optional().describe("The releases before work with what it did"),
        })
        .optional()
        .describe("What its deploy ran before it took requests"),
      config: z
        .record(z.string(), z.record(z.string(), z.string()))
        .optional()
        .describe("The stored variables by service, each with the id of its value: one id, one value"),
      held: z
        .record(
          z.string(),
          z.record(z.string(), z.object({ instead: z.string().nullable(), use: z.string().nullable() })),
        )
        .optional()
        .describe("What was rolled back and is stored still, by service and variable; ids of values, null for none"),
      undoes: z
        .array(versionNumber)
        .optional()
        .describe("Of a rollback: whose release commands it took back before it became live"),
      scales: overrides,
      adopted,
      decided,
    }),
  })
  .meta({
    id: "Release",
    description: "An immutable, numbered snapshot of an environment",
  }) satisfies z.ZodType<Release>;

export const exampleSummary: z.input<typeof releaseSummarySchema> = {
  app: "shop",
  environment: "production",
  version: 12,
  kind: "deploy",
  carries: null,
  cluster: null,
  origin: {
    commit: "9fceb02d0ae598e95dc970b74767f19372d61af8",
    tree: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    branch: "main",
    message: "Show prices with tax",
    author: "Ada <ada@example.com>",
  },
  createdAt: 1_767_225_600_000,
  createdBy: "ada",
  state: "live",
  liveAt: 1_767_225_600_250,
  supersededAt: null,
  reason: null,
  operation: "op_01kdv9z3b4",
  services: ["web"],
  url: "http://shop--v12.localhost:4000",
};

export const exampleRelease: z.input<typeof releaseSchema> = {
  ...exampleSummary,
  snapshot: {
    services: [
      {
        image: "sha256:1b4f0e9851971998e732078544c96b36c3d01cedf7caa332359d6f1d83567014",
        spec: {
          name: "web",
          source: ".",
          command: { argv: ["node", "server.js"] },
          routes: ["/"],
          listens: true,
          health: { path: "/", timeoutMs: 30_000 },
          scale: { min: 1, max: 1, idleMs: 300_000 },
          resources: { cpuMillis: 250, memoryBytes: 536_870_912 },
          env: { LOG_LEVEL: "info" },
          stopGraceMs: 10_000,
        },
      },
    ],
  },
};
