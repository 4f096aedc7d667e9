import type { EfficiencyAdvice, EnvironmentEfficiency, MissingData, Usage, UsageBucket } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, time } from "./common.ts";

const amount = z.int().min(0);
const share = z.number().min(0).nullable();

const usage = z
  .object({
    watchedMs: amount.describe("For how long anybody looked; the rest is a gap"),
    requests: amount,
    requestMs: amount.describe("Requests in flight × ms, also those that waited"),
    instanceMs: amount.describe("Instances × ms"),
    cpuMs: amount.describe("What was used of processors, in ms of one, where it is measured"),
    cpuReservedMs: amount.describe("resources.cpu of the instances whose use was measured, over that time"),
    memoryByteSeconds: amount.describe("Memory × seconds, where it is measured"),
    memoryReservedByteSeconds: amount.describe("resources.memory of the instances whose use was measured"),
    memoryPeakBytes: amount.describe("The most that one instance was seen to use; 0 where none was measured"),
    asleepMs: amount.describe("How long it slept"),
    wakes: amount,
  })
  .meta({
    id: "Usage",
    description: "What was asked for and taken over some time. All but the peak are sums",
  }) satisfies z.ZodType<Usage>;

export const usageBucketSchema = usage
  .extend({ app: appName, environment: environmentName, service: z.string(), at: time.describe("When it began") })
  .meta({ id: "UsageBucket", description: "What a service took in five minutes" }) satisfies z.ZodType<UsageBucket>;

const advice = z
  .object({
    kind: z.enum(["sleep", "min", "concurrency", "cpu", "memory"]),
    reason: z.string(),
    change: z.string().describe("The line of berth.yaml, with its path"),
    command: z.string().nullable().describe("What does the same at once, without a push; null where nothing does"),
  })
  .meta({ id: "EfficiencyAdvice", description: "What to change" }) satisfies z.ZodType<EfficiencyAdvice>;

const missing = z.object({ what: z.enum(["watched", "running"]), haveMs: amount, needMs: amount }).meta({
  id: "MissingData",
  description: "For advice it has to be watched, or instances have to run, for so long",
}) satisfies z.ZodType<MissingData>;

const efficiency = {
  usage,
  cpuShare: share.describe("Used of reserved; null: not measured"),
  memoryShare: share.describe("Used of reserved; null: not measured"),
  requestsPerInstance: share.describe("Requests in flight at an instance, on average; null where there was none"),
  unusedMs: z.number().min(0).describe("Reserved and not used, in ms of a processor; 4 GiB of memory count as one"),
};

const serviceEfficiency = z
  .object({
    service: z.string(),
    ...efficiency,
    advice: z.array(advice),
    missing: missing.nullable().describe("What is missing for advice; null where there is enough"),
  })
  .meta({ id: "ServiceEfficiency", description: "How well a service uses what it reserves" });

export const efficiencySchema = z
  .object({ app: appName, environment: environmentName, ...efficiency, services: z.array(serviceEfficiency) })
  .meta({
    id: "EnvironmentEfficiency",
    description: "How well an environment uses what it reserves",
  }) satisfies z.ZodType<EnvironmentEfficiency>;

const exampleUsage: z.input<typeof usage> = {
  watchedMs: 86_400_000,
  requests: 1_240,
  requestMs: 52_000,
  instanceMs: 86_400_000,
  cpuMs: 640_000,
  cpuReservedMs: 21_600_000,
  memoryByteSeconds: 5_435_817_984_000,
  memoryReservedByteSeconds: 46_385_646_796_800,
  memoryPeakBytes: 71_303_168,
  asleepMs: 0,
  wakes: 0,
};

export const exampleBucket: z.input<typeof usageBucketSchema> = {
  app: "shop",
  environment: "production",
  service: "web",
  at: 1_767_225_600_000,
  ...exampleUsage,
  watchedMs: 300_000,
  instanceMs: 300_000,
  requests: 12,
  requestMs: 480,
  cpuMs: 2_200,
  cpuReservedMs: 75_000,
  memoryByteSeconds: 18_874_368_000,
  memoryReservedByteSeconds: 161_061_273_600,
};

const exampleShares = {
  usage: exampleUsage,
  cpuShare: 0.03,
  memoryShare: 0.12,
  requestsPerInstance: 0.0006,
  unusedMs: 30_494_400,
};

export const exampleEfficiency: z.input<typeof efficiencySchema> = {
  app: "shop",
  environment: "production",
  ...exampleShares,
  services: [
    {
      service: "web",
      ...exampleShares,
      advice: [
        {
          kind: "cpu",
          reason: "It used 14m of 250m in its busiest five minutes.",
          change: "services.web.resources.cpu: 30m",
          command: null,
        },
      ],
      missing: null,
    },
  ],
};
