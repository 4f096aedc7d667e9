import { z } from "zod";
import { defaultWakeLimits } from "../wake.ts";
import { durationMs, percent } from "./units.ts";
import { written } from "./written.ts";

const count = z.number().int().min(0).max(1000);
const wake = z
  .strictObject({
    timeout: durationMs
      .refine((ms) => ms >= 1_000 && ms <= 600_000, "expected a duration from 1s to 10m, such as 30s")
      .optional(),
    queue: z.number().int().min(1).max(100_000).optional(),
  })
  .transform(({ timeout = defaultWakeLimits.timeoutMs, queue = defaultWakeLimits.queue }) => ({
    timeoutMs: timeout,
    queue,
  }));
const upToAYear = durationMs.refine((ms) => ms <= 365 * 86_400_000, "expected a duration up to 365d, such as 5m");

/** What says how much work waits for a worker. */
const metric = z.strictObject({
  command: z.string().trim().min(1),
  target: z.number().positive().max(1e12),
  every: durationMs
    .refine((ms) => ms >= 1_000 && ms <= 3_600_000, "expected a duration from 1s to 1h, such as 15s")
    .optional(),
});

/** What a scale may follow: one of them. */
const followed = ["concurrency", "cpu", "metric"] as const;

/** How many instances a service has, as a number or as bounds with what moves it between them. */
export const scale = written(
  z
    .union([
      count.transform((replicas) => ({
        min: replicas,
        max: replicas,
        idleMs: undefined,
        concurrency: undefined,
        cpuPercent: undefined,
        metric: undefined,
        wake: undefined,
      })),
      z
        .strictObject({
          min: count.optional(),
          max: count.optional(),
          idle: upToAYear.optional(),
          /** Requests in flight at each instance. */
          concurrency: z.number().int().min(1).max(10_000).optional(),
          cpu: percent.optional(),
          metric: metric.optional(),
          wake: wake.optional(),
        })
        .transform(({ min, max, idle, concurrency, cpu, metric, wake }) => ({
          min,
          max,
          idleMs: idle,
          concurrency,
          cpuPercent: cpu,
          metric,
          wake,
        })),
    ])
    .refine(({ concurrency, cpuPercent }) => concurrency === undefined || cpuPercent === undefined, {
      path: ["concurrency"],
      message: "expected one of concurrency and cpu, and not both",
    })
    .refine(
      ({ concurrency, cpuPercent, metric }) => metric === undefined || (concurrency ?? cpuPercent) === undefined,
      {
        path: ["metric"],
        message: "expected one of metric, concurrency and cpu",
      },
    )
    .refine(({ min, cpuPercent }) => cpuPercent === undefined || min !== 0, {
      path: ["min"],
      message: "expected at least 1 beside scale.cpu: a sleeping service has no load that could wake it",
    })
    .refine(({ max, cpuPercent }) => cpuPercent === undefined || max !== 0, {
      path: ["max"],
      message: "expected at least 1 beside scale.cpu",
    })
    .refine(({ max, concurrency }) => concurrency === undefined || max !== 0, {
      path: ["max"],
      message: "expected at least 1 beside scale.concurrency",
    })
    .refine(({ max, metric }) => metric === undefined || max !== 0, {
      path: ["max"],
      message: "expected at least 1 beside scale.metric",
    })
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
      path: ["max"],
      message: "expected at least scale.min",
    }),
  {
    besides: {
      not: {
        type: "object",
        anyOf: followed.flatMap((one, at) => followed.slice(at + 1).map((other) => ({ required: [one, other] }))),
      },
    },
  },
);
