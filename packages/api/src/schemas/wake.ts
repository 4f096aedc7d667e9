import { type Requester, type Wake, wakePhases, type WakeSummary } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, time } from "./common.ts";

const durationMs = z.number().min(0);
const phaseName = z
  .enum(wakePhases)
  .describe(
    "queue: until the runtime is asked; schedule: until a machine is chosen; pull: until its image is there; create: until its program is started; start: until that listens; ready: until it is healthy",
  );

export const wakeSchema = z
  .object({
    id: z.string(),
    app: appName,
    environment: environmentName,
    service: z.string(),
    workload: z.string(),
    cause: z.object({
      kind: z.enum(["request", "person"]),
      by: z.string().describe("The program whose request it was, or who has asked for it"),
    }),
    startedAt: time,
    endedAt: time.nullable(),
    state: z.enum(["running", "succeeded", "failed"]),
    reason: z.string().nullable().describe("Why it failed"),
    phases: z.array(z.object({ phase: phaseName, durationMs })).describe("Those that are over"),
    current: phaseName.nullable().describe("The one that it is in; null once it has ended"),
  })
  .meta({ id: "Wake", description: "A start of a service that slept" }) satisfies z.ZodType<Wake>;

export const wakeSummarySchema = z
  .object({
    count: z.int().min(0).describe("How many there were lately; at most 100 are kept"),
    failed: z.int().min(0),
    p50Ms: durationMs.nullable(),
    p95Ms: durationMs.nullable(),
    phases: z.array(z.object({ phase: phaseName, p50Ms: durationMs, p95Ms: durationMs })),
    advice: z
      .object({ phase: phaseName, text: z.string() })
      .nullable()
      .describe("The phase that takes longest, and what makes it shorter; null where waking is quick"),
  })
  .meta({ id: "WakeSummary", description: "What waking a service takes" }) satisfies z.ZodType<WakeSummary>;

export const requesterSchema = z
  .object({
    agent: z.string().describe("The program, as its User-Agent names it"),
    network: z.string().describe("Of the client: 24 bits of IPv4, 48 of IPv6"),
    perHour: z.number().min(0).describe("Requests in an hour, lately"),
    lastAt: z.number().min(0).describe("Milliseconds since the epoch"),
  })
  .meta({ id: "Requester", description: "Who asks a service that may sleep" }) satisfies z.ZodType<Requester>;

export const exampleWake: z.input<typeof wakeSchema> = {
  id: "wk_0mjv1k2a31f0c3aa21f",
  app: "shop",
  environment: "production",
  service: "web",
  workload: "3f5a1c9d2b7e4f60a1b2",
  cause: { kind: "request", by: "browser" },
  startedAt: 1_767_225_600_000,
  endedAt: 1_767_225_600_072,
  state: "succeeded",
  reason: null,
  phases: [
    { phase: "queue", durationMs: 3 },
    { phase: "create", durationMs: 8 },
    { phase: "start", durationMs: 55 },
    { phase: "ready", durationMs: 6 },
  ],
  current: null,
};
