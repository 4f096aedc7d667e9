import type { Operation, OperationEvent } from "@berth/core";
import { z } from "zod";
import { appName, environmentName, person, time, versionNumber } from "./common.ts";

const operationError = z.object({
  code: z.string(),
  message: z.string(),
  hint: z.string().nullable(),
  lines: z.array(z.string()).describe("The last lines of output"),
  exitCode: z.int().optional().describe("Of the command that has failed, where it ended with one"),
});

export const operationSchema = z
  .object({
    id: z.string(),
    app: appName,
    environment: environmentName,
    kind: z.enum([
      "deploy",
      "dry-run",
      "promote",
      "rollback",
      "drill",
      "rebuild",
      "scale",
      "adopt",
      "move",
      "config",
      "remove",
      "run",
    ]),
    actor: person,
    state: z.enum(["running", "succeeded", "failed"]),
    startedAt: time,
    finishedAt: time.nullable(),
    version: versionNumber.nullable().describe("The release it made, once there is one"),
    error: operationError.nullable().describe("Why it failed"),
    url: z.string().nullable().describe("Where the result is served"),
  })
  .meta({ id: "Operation", description: "Something Berth does for someone" }) satisfies z.ZodType<Operation>;

export const operationEventSchema = z
  .object({
    seq: z.int().min(1).describe("1, 2, 3 … within its operation"),
    at: time,
    phase: z
      .enum(["receive", "detect", "build", "image", "diff", "release", "start", "health", "route", "run", "done"])
      .describe("A `line` of `build` or `run` is what a program has printed"),
    service: z.string().nullable(),
    kind: z.enum(["start", "line", "end"]),
    text: z.string(),
    durationMs: z.number().nullable().describe("Of an `end`"),
  })
  .meta({ id: "OperationEvent", description: "One entry of a timeline" }) satisfies z.ZodType<OperationEvent>;

export const timelineSchema = z.object({
  items: z.array(operationEventSchema),
  ended: z.boolean().describe("Whether nothing more will come"),
});

export const exampleOperation: z.input<typeof operationSchema> = {
  id: "op_01kdv9z3b4",
  app: "shop",
  environment: "production",
  kind: "rollback",
  actor: "ada",
  state: "succeeded",
  startedAt: 1_767_225_600_000,
  finishedAt: 1_767_225_600_006,
  version: 13,
  error: null,
  url: "http://shop.localhost:4000",
};

export const exampleEvent: z.input<typeof operationEventSchema> = {
  seq: 1,
  at: 1_767_225_600_001,
  phase: "route",
  service: null,
  kind: "end",
  text: "v13 is live",
  durationMs: 2,
};

/** The timeline as a stream of server-sent events. */
export const exampleEventStream = [
  `id: ${exampleEvent.seq}`,
  "event: event",
  `data: ${JSON.stringify(exampleEvent)}`,
  "",
  "event: ended",
  `data: ${JSON.stringify(exampleOperation)}`,
  "",
  "",
].join("\n");
