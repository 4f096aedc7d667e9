import { z } from "zod";
import type { Variable } from "../config/rules.ts";
import { isTimeZone, scheduleProblem } from "../cron-schedule.ts";
import { isAppName, isEnvironmentName } from "../names.ts";
import { qualifiedImage } from "../image-name.ts";
import { parseDurationMs } from "../parse-units.ts";
import { scale } from "./scale.ts";
import { cpuMillis, durationMs, memoryBytes } from "./units.ts";
import { written } from "./written.ts";

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
const dayMs = 86_400_000;
/** Timers and clusters have an end of numbers: beyond it they wait not at all, or for ever. */
const upToADay = durationMs.refine((ms) => ms <= dayMs, "expected a duration up to 1d, such as 30s");
const cpu = cpuMillis.refine(
  (millis) => millis >= 1 && millis <= 1_000_000,
  "expected an amount of CPU from 1m to 1000, such as 250m",
);
/** To engines and clusters a limit of 0 is none. */
const memory = memoryBytes.refine(
  (bytes) => bytes >= 4 * 2 ** 20 && bytes <= 2 ** 44,
  "expected an amount of memory from 4Mi to 16384Gi, such as 256Mi",
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

/** Null: for good. */
const ttl = written(
  z.union([z.string(), z.number()]).transform((text, context) => {
    if (text === "never") return null;
    const ms = parseDurationMs(String(text));
    if (ms !== null && ms >= 3_600_000 && ms <= 365 * dayMs) return ms;
    context.addIssue({ code: "custom", message: "expected a duration from 1h to 365d, such as 7d, or never" });
    return z.NEVER;
  }),
  { instead: { type: "string", pattern: "^(never|\\d+(\\.\\d+)?(ms|s|m|h|d))$" } },
);

const previews = z.strictObject({
  /** How long a preview stays that nobody uses. */
  ttl: ttl.optional(),
  /** How many there are at most. */
  cap: z.number().int().min(1).max(1000).optional(),
  /** Which services they have. */
  services: z.array(serviceName).min(1).optional(),
  /** What is otherwise in previews. */
  env: declared.optional(),
  /** Whether services with a schedule run in previews, too. */
  crons: z.boolean().optional(),
  /** Whether they sleep while nobody asks for them. */
  sleep: z.boolean().optional(),
  /** Whether only who was given a link sees them. */
  protected: z.boolean().optional(),
});

const environmentName = z
  .string()
  .refine(isEnvironmentName, "expected the name of an environment such as staging: a-z, 0-9 and single hyphens");
const branchPattern = z
  .string()
  .regex(/^[^\s~^:?[\\]+$/, "expected a branch such as main, or a pattern such as release/*")
  // More of them would take long to compare.
  .refine((pattern) => (pattern.match(/\*+/g) ?? []).length <= 3, "expected at most three * in a pattern");
/** Which branches deploy to environments that last. */
const environments = z.record(
  environmentName,
  z.union([branchPattern.transform((pattern) => [pattern]), z.array(branchPattern).min(1)]),
);

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
  environments: environments.optional(),
  previews: previews.optional(),
});

export type BerthYaml = z.output<typeof berthYamlSchema>;
export type ServiceYaml = NonNullable<BerthYaml["services"]>[string];
