import { z } from "zod";
import type { Variable } from "../config/rules.ts";
import { isTimeZone, scheduleProblem } from "../cron-schedule.ts";
import { isAppName } from "../names.ts";
import { qualifiedImage } from "../image-name.ts";
import { defaultWakeLimits } from "../wake.ts";
import { written } from "./written.ts";
import { cpuMillis, durationMs, memoryBytes, percent } from "./units.ts";

const serviceName = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,28}[a-z0-9]$|^[a-z]$/,
    "expected 1 to 30 characters: a-z, 0-9 and hyphens, starting with a letter",
  );
const appName = written(
  z
    .string()
    .refine(
      isAppName,
      "expected an app name: 3 to 30 characters, a-z, 0-9 and single hyphens, starting with a letter, not a reserved name",
    ),
  { besides: { pattern: "^[a-z][a-z0-9-]{1,28}[a-z0-9]$" } },
);
const variableName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected a variable name such as LOG_LEVEL");
const plainValues = [z.string(), z.number().transform(String), z.boolean().transform(String)] as const;
const plainValue = z.union(plainValues);
const variables = z.record(variableName, plainValue);
const pattern = z.string().max(500).refine(isPattern, "expected a regular expression such as ^sk_");
const ruled = written(
  z
    .strictObject({
      generate: z.number().int().min(8).max(1024).optional(),
      required: z.boolean().optional(),
      pattern: pattern.optional(),
      default: plainValue.optional(),
      description: z.string().max(500).optional(),
    })
    .refine(({ generate, ...others }) => generate === undefined || isWithoutValue(others), {
      path: ["generate"],
      message: "expected generate alone: what is drawn needs no default, and is never missing",
    })
    .transform(({ default: value = null, ...rule }): Variable => {
      const said = Object.entries(rule).filter(([, part]) => part !== undefined);
      return { value, rule: Object.fromEntries(said) };
    }),
  {
    besides: {
      dependencies: {
        generate: { not: { anyOf: ["required", "pattern", "default"].map((key) => ({ required: [key] })) } },
      },
    },
  },
);
/** A value, or what is said of one that comes from elsewhere. */
const declared = z.record(variableName, z.union([...plainValues, ruled]));
const folder = written(
  z
    .string()
    .refine((path) => !/^\/|\\|(^|\/)\.\.(\/|$)/.test(path), "expected a folder inside the repository")
    .transform((path) => plainPath(path) || "."),
  { instead: { type: "string", pattern: "^(?!/)(?!(.*/)?\\.\\.(/|$))[^\\\\]*$" } },
);
/** Of a Dockerfile's image it may be anywhere; what else is built has its files in one folder. */
const writableFolder = written(
  z
    .string()
    .refine(
      (path) => !/\\|(^|\/)\.\.(\/|$)/.test(path) && (!path.startsWith("/") || plainPath(path) !== ""),
      "expected a folder of the app such as uploads, or of a Dockerfile's image such as /srv/uploads",
    )
    .transform((path) => (path.startsWith("/") ? `/${plainPath(path)}` : plainPath(path) || ".")),
  { instead: { type: "string", pattern: "^(?!/+$)(?!(.*/)?\\.\\.(/|$))[^\\\\]*$" } },
);
const imageName = z
  .string()
  .trim()
  .regex(
    /^[a-z0-9][a-zA-Z0-9._:/-]*(@sha256:[0-9a-f]{64})?$/,
    "expected the name of an image such as node:24-slim or ghcr.io/team/base:1",
  )
  .transform(qualifiedImage);
const route = z
  .string()
  .regex(/^\/[^\s?#\p{Cc}]*$/u, "expected a path prefix such as /api")
  .transform((path) => path.replace(/(.)\/+$/, "$1"));
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
const dayMs = 86_400_000;
/** Timers and clusters have an end of numbers: beyond it they wait not at all, or for ever. */
const upToADay = durationMs.refine((ms) => ms <= dayMs, "expected a duration up to 1d, such as 30s");
const upToAYear = durationMs.refine((ms) => ms <= 365 * dayMs, "expected a duration up to 365d, such as 5m");
const cpu = cpuMillis.refine(
  (millis) => millis >= 1 && millis <= 1_000_000,
  "expected an amount of CPU from 1m to 1000, such as 250m",
);
/** To engines and clusters a limit of 0 is none. */
const memory = memoryBytes.refine(
  (bytes) => bytes >= 4 * 2 ** 20 && bytes <= 2 ** 44,
  "expected an amount of memory from 4Mi to 16384Gi, such as 256Mi",
);

const scale = written(
  z
    .union([
      count.transform((replicas) => ({
        min: replicas,
        max: replicas,
        idleMs: undefined,
        concurrency: undefined,
        cpuPercent: undefined,
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
          wake: wake.optional(),
        })
        .transform(({ min, max, idle, concurrency, cpu, wake }) => ({
          min,
          max,
          idleMs: idle,
          concurrency,
          cpuPercent: cpu,
          wake,
        })),
    ])
    .refine(({ concurrency, cpuPercent }) => concurrency === undefined || cpuPercent === undefined, {
      path: ["concurrency"],
      message: "expected one of concurrency and cpu, and not both",
    })
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
    .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
      path: ["max"],
      message: "expected at least scale.min",
    }),
  {
    besides: { not: { type: "object", required: ["concurrency", "cpu"] } },
  },
);

const schedule = written(
  z
    .string()
    .trim()
    .superRefine((text, context) => {
      const message = scheduleProblem(text);
      if (message !== null) context.addIssue({ code: "custom", message });
    })
    .transform((text) => text.replace(/\s+/g, " ")),
  {
    instead: {
      type: "string",
      pattern: "^\\s*(@(yearly|annually|monthly|weekly|daily|midnight|hourly)|[^\\s@]+(\\s+\\S+){4})\\s*$",
      examples: ["0 3 * * *", "*/15 * * * *", "@daily"],
    },
  },
);
const weekMs = 7 * dayMs;

/** Keys that say something of a schedule, and such as have no place beside one. */
const ofSchedule = ["timezone", "overlap", "timeout", "catchUp"];
const notScheduled = ["routes", "health", "scale"];

const service = written(
  z
    .strictObject({
      /** A folder of the repository, built on its own. */
      source: folder.optional(),
      command: z.string().trim().min(1).optional(),
      routes: z.array(route).optional(),
      health: z.strictObject({ path: route.optional(), timeout: upToADay.optional() }).optional(),
      scale: scale.optional(),
      resources: z.strictObject({ cpu: cpu.optional(), memory: memory.optional() }).optional(),
      env: declared.optional(),
      stop: z.strictObject({ grace: upToADay.optional() }).optional(),
      build: z
        .strictObject({
          command: z.string().trim().min(1).optional(),
          env: variables.optional(),
          secrets: z.array(variableName).optional(),
        })
        .or(
          z
            .string()
            .trim()
            .min(1)
            .transform((command) => ({ command, env: undefined, secrets: undefined })),
        )
        .optional(),
      /** The folder of a built static site. */
      output: folder.optional(),
      /** Folders of the app that it writes to while running, besides those that the stack knows. */
      writable: z.array(writableFolder).optional(),
      /** The image it runs on, instead of the stack's. */
      base: imageName.optional(),
      /** Another Dockerfile than `Dockerfile`; implies the stack `dockerfile`. */
      dockerfile: folder.optional(),
      stack: z.string().optional(),
      version: z.union([z.string(), z.number()]).transform(String).optional(),
      /** It has no instances, and runs its command at these times. */
      schedule: schedule.optional(),
      timezone: z.string().refine(isTimeZone, "expected a time zone such as Europe/Berlin").optional(),
      /** What is done where it is due while a run before still goes on. */
      overlap: z.enum(["skip", "allow", "replace"]).optional(),
      /** A run is ended after so long. */
      timeout: durationMs
        .refine((ms) => ms >= 1_000 && ms <= weekMs, "expected a duration from 1s to 7d, such as 30m")
        .optional(),
      /** How long after its time the newest run that was missed is made up for. */
      catchUp: durationMs.refine((ms) => ms <= weekMs, "expected a duration up to 7d, such as 6h").optional(),
    })
    .superRefine(checkCron),
  {
    besides: {
      dependencies: {
        ...Object.fromEntries(ofSchedule.map((key) => [key, ["schedule"]])),
        schedule: { required: ["command"], not: { anyOf: notScheduled.map((key) => ({ required: [key] })) } },
      },
    },
  },
);

/** What has a schedule has no instances, and what has none is due at no time. */
function checkCron(service: Readonly<Record<string, unknown>>, context: z.core.$RefinementCtx): void {
  const has = (key: string) => service[key] !== undefined;
  const tell = (key: string, message: string) => context.addIssue({ code: "custom", path: [key], message });
  if (!has("schedule")) {
    for (const key of ofSchedule.filter(has)) tell(key, "expected a schedule beside it, such as `schedule: 0 3 * * *`");
    return;
  }
  for (const key of notScheduled.filter(has))
    tell(key, "expected nothing here: a service with a schedule has no instances between its runs");
  if (!has("command")) tell("schedule", "expected a command beside it: what is to run then");
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, "u").source !== "";
  } catch {
    return false;
  }
}

function isWithoutValue({ required, pattern, default: value }: Record<string, unknown>): boolean {
  return required === undefined && pattern === undefined && value === undefined;
}

function plainPath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** berth.yaml as a person writes it; everything is optional. */
export const berthYamlSchema = z.strictObject({
  name: appName.optional(),
  services: z
    .record(
      serviceName,
      service.nullable().transform((value) => value ?? {}),
    )
    .optional(),
  env: declared.optional(),
  previews: z
    .strictObject({
      /** What is otherwise in previews. */
      env: declared.optional(),
      /** Whether services with a schedule run in previews, too. */
      crons: z.boolean().optional(),
    })
    .optional(),
  /** What each deploy runs once, before its release takes requests. */
  release: z
    .strictObject({
      command: z.string().trim().min(1),
      /** Whose image, variables and resources it has. */
      service: serviceName.optional(),
      timeout: durationMs
        .refine((ms) => ms >= 1_000 && ms <= 86_400_000, "expected a duration from 1s to 1d, such as 10m")
        .optional(),
      /** Takes back what the command did, where a rollback goes across its release. */
      undo: z.string().trim().min(1).optional(),
      /** The releases before work with what the command does. */
      rollback: z.literal("safe").optional(),
    })
    .refine(({ undo, rollback }) => undo === undefined || rollback === undefined, {
      path: ["rollback"],
      message: "expected one of undo and rollback, and not both",
    })
    .optional(),
});

export type BerthYaml = z.output<typeof berthYamlSchema>;
export type ServiceYaml = NonNullable<BerthYaml["services"]>[string];
