import type { ServiceStatus } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, person, time, versionNumber } from "./common.ts";
import { cronStatusSchema } from "./cron.ts";
import { requesterSchema, wakeSummarySchema } from "./wake.ts";

export const environmentSchema = z
  .object({
    app: appName,
    name: environmentName,
    kind: z.enum(["production", "preview"]),
    branch: z.string().nullable().describe("The branch whose pushes deploy here"),
    cluster: z.string().nullable().describe("The cluster that it is on; null where apps do not run on clusters"),
    desired: versionNumber.nullable().describe("The version that is being made live, or is"),
    live: versionNumber.nullable().describe("The version that is served"),
    createdAt: time,
    createdBy: person,
    url: z.string().describe("Where it is served"),
  })
  .meta({ id: "Environment", description: "A place an app runs" });

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
