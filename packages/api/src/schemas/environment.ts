import { environmentKinds, keepBounds, shareBounds, type ServiceStatus, type SharedLink } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, person, time, versionNumber } from "./common.ts";
import { cronStatusSchema } from "./cron.ts";
import { metricCommandSchema } from "./release.ts";
import { requesterSchema, wakeSummarySchema } from "./wake.ts";

export const environmentSchema = z
  .object({
    app: appName,
    name: environmentName,
    kind: z.enum(environmentKinds),
    branch: z.string().nullable().describe("The branch whose pushes deploy here"),
    cluster: z.string().nullable().describe("The cluster that it is on; null where apps do not run on clusters"),
    desired: versionNumber.nullable().describe("The version that is being made live, or is"),
    live: versionNumber.nullable().describe("The version that is served"),
    createdAt: time,
    createdBy: person,
    url: z.string().describe("Where it is served"),
    usedAt: time.describe("When it was last used, by a request or by somebody who works on it; known to five minutes"),
    expiresAt: time.nullable().describe("When it is removed, unless it is used before; null: never"),
    isProtected: z.boolean().describe("Only who was given a link sees it"),
  })
  .meta({ id: "Environment", description: "A place an app runs" });

export const keepRequest = z
  .strictObject({
    forMs: z.int().min(keepBounds.minMs).max(keepBounds.maxMs).optional().describe("It stays at least this long"),
    forever: z.boolean().default(false).describe("It stays until somebody deletes it"),
  })
  .refine(({ forMs, forever }) => forMs === undefined || !forever, { error: "expected one of forMs and forever" })
  .meta({ examples: [{ forMs: 2_592_000_000 }] });

export const shareRequest = z
  .strictObject({
    forMs: z
      .int()
      .min(shareBounds.minMs)
      .max(shareBounds.maxMs)
      .default(3 * 86_400_000)
      .describe("How long the link holds"),
  })
  .meta({ examples: [{ forMs: 259_200_000 }] });

export const sharedLinkSchema = z
  .object({
    url: z.string(),
    token: z.string().describe("What programs send in the header Berth-Share"),
    expiresAt: time,
  })
  .meta({ id: "SharedLink", description: "A link to a protected preview" }) satisfies z.ZodType<SharedLink>;

export const exampleLink: z.input<typeof sharedLinkSchema> = {
  url: "http://shop--feature-login.localhost:4000/?berth_share=t9k3x0.4f1Qm6m1m9lq8m0Vt3aXr5b7o2cWd8eYf6gZh1iAj0k",
  token: "t9k3x0.4f1Qm6m1m9lq8m0Vt3aXr5b7o2cWd8eYf6gZh1iAj0k",
  expiresAt: 1_767_484_800_000,
};

const instance = z
  .object({
    id: z.string(),
    state: z.string().describe("starting, ready, stopping or exited"),
    startedAt: time,
    restarts: z.int().min(0),
    lastExit: z
      .object({ at: time, code: z.int().nullable(), signal: z.string().nullable(), outOfMemory: z.boolean() })
      .nullable()
      .describe("How it ended the last time; null where it never has"),
    memoryBytes: z.int().min(0).nullable(),
    cpuMillis: z
      .int()
      .min(0)
      .nullable()
      .describe("What it uses now, in thousandths of a processor; null: not measured"),
    node: z.string().nullable().describe("The machine it is on; null where there is but one, or none was chosen yet"),
    reason: z.string().nullable().describe("Why it is not ready"),
    port: z.int().nullable(),
  })
  .meta({ id: "Instance", description: "One running copy of a service" });

const serviceStatus = z
  .object({
    name: z.string(),
    workload: z.string().describe("The id of what runs: the hash of its content and place"),
    version: versionNumber,
    routes: z.array(z.string()),
    replicas: z.int().min(0).describe("How many instances there should be"),
    fault: z
      .object({ message: z.string(), hint: z.string().nullable() })
      .nullable()
      .describe("Why it cannot be run as it should, whatever its instances say"),
    wakes: wakeSummarySchema.nullable().describe("What starts after sleep took lately; null where there were none"),
    keptAwakeBy: z
      .array(requesterSchema)
      .describe("Who alone keeps it from falling asleep, though nobody seems to use it; mostly nobody"),
    instances: z.array(instance),
    metric: metricCommandSchema
      .extend({
        backlog: z.number().nullable().describe("How much waited when it last said so"),
        measuredAt: time.nullable(),
        failure: z
          .object({ since: time, reason: z.string(), printed: z.string().nullable().describe("Its last line") })
          .nullable()
          .describe("Why the number of instances stays as it is"),
      })
      .nullable()
      .describe("Of what a metric command scales"),
    cron: cronStatusSchema.nullable().describe("Of what has a schedule, and no instances"),
  })
  .meta({ id: "ServiceStatus", description: "What runs of a service" }) satisfies z.ZodType<ServiceStatus>;

export const environmentStatusSchema = environmentSchema
  .extend({ services: z.array(serviceStatus) })
  .meta({ id: "EnvironmentStatus", description: "An environment and what runs in it" });

export const exampleEnvironment: z.input<typeof environmentSchema> = {
  app: "shop",
  name: "production",
  kind: "production",
  branch: "main",
  cluster: "default",
  desired: 12,
  live: 12,
  createdAt: 1_767_225_600_000,
  createdBy: "ada",
  url: "http://shop.localhost:4000",
  usedAt: 1_767_225_900_000,
  expiresAt: null,
  isProtected: false,
};

export const exampleStatus: z.input<typeof environmentStatusSchema> = {
  ...exampleEnvironment,
  services: [
    {
      name: "web",
      workload: "3f5a1c9d2b7e4f60a1b2",
      version: 12,
      routes: ["/"],
      replicas: 1,
      fault: null,
      wakes: null,
      keptAwakeBy: [],
      cron: null,
      metric: null,
      instances: [
        {
          id: "web-3f5a1c-1",
          state: "ready",
          startedAt: 1_767_225_660_000,
          restarts: 0,
          lastExit: null,
          memoryBytes: 52_428_800,
          cpuMillis: null,
          node: null,
          reason: null,
          port: 41_234,
        },
      ],
    },
  ],
};
