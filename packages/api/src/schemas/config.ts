import type {
  ConfigChanged,
  ConfigComparison,
  ConfigListing,
  KeyRotation,
  ListedSetting,
  RevealedSetting,
} from "@berth/core";
import { z } from "zod";
import { environmentName, person, time } from "./common.ts";
import { exampleOperation, operationSchema } from "./operation.ts";

const key = z.string().min(1).max(200).describe("The variable, such as API_KEY");
const scope = z
  .string()
  .min(1)
  .max(63)
  .describe("`all`, `previews`, or the name of one environment such as `production`");
const service = z.string().min(1).max(63).nullable().describe("Null: all services");

export const settingSchema = z
  .object({
    key,
    scope,
    service,
    value: z.string().describe("The id of its value: another value has another id"),
    setAt: time,
    setBy: person.nullable().describe("Null: it was drawn, as berth.yaml says"),
    isGenerated: z.boolean(),
  })
  .meta({
    id: "Setting",
    description: "A variable that is stored, without its value",
  }) satisfies z.ZodType<ListedSetting>;

export const configSchema = z.object({
  items: z.array(settingSchema),
  held: z
    .array(
      z.object({
        environment: environmentName,
        service: z.string(),
        key,
        isUnset: z.boolean().describe("It goes without, instead of with the value before"),
      }),
    )
    .describe("Where a rollback keeps what is stored from holding, until it is set anew"),
}) satisfies z.ZodType<ConfigListing>;

export const configChange = z
  .strictObject({
    scope,
    service: service.default(null),
    set: z
      .record(key, z.string())
      .default({})
      .describe("Values by variable; shown to nobody afterwards but by `reveal`"),
    unset: z.array(key).max(10_000).default([]),
    release: z.boolean().default(true).describe("Roll it out now; else the next deploy brings it"),
  })
  .meta({ examples: [{ scope: "production", set: { API_KEY: "sk_live_1" } }] });

export const configChangedSchema = z
  .object({
    environments: z.array(
      z.object({
        environment: environmentName,
        restarts: z.array(z.string()).describe("The services that start anew"),
        takesEffect: z.boolean().describe("False where a narrower setting wins over all that was set"),
        lacksService: z.boolean().describe("True where what is live has no service of the name that it is for"),
        operation: operationSchema.nullable().describe("Its rollout; null where nothing restarts"),
      }),
    ),
    later: z.array(environmentName).describe("Environments that the next deploy brings it to"),
  })
  .meta({ id: "ConfigChanged", description: "What a change of config leads to" }) satisfies z.ZodType<ConfigChanged>;

export const revealRequest = z
  .strictObject({
    scope: scope.nullable().default(null).describe("Only of this scope; null: of all"),
    keys: z.array(key).min(1).max(10_000).nullable().default(null).describe("Null: all"),
  })
  .meta({ examples: [{ keys: ["API_KEY"] }] });

export const revealedSchema = settingSchema
  .extend({ value: z.string().describe("What it says") })
  .meta({ id: "RevealedSetting", description: "A variable with its value" }) satisfies z.ZodType<RevealedSetting>;

export const comparisonSchema = z
  .object({
    items: z.array(
      z.object({
        service: z.string(),
        key,
        state: z
          .enum(["equal", "different", "left", "right"])
          .describe("`left`: only what is stored, or the first environment, has it; `right`: only the other side"),
      }),
    ),
    onlyLeft: z.array(z.string()).describe("Services that are there alone, and not compared"),
    onlyRight: z.array(z.string()),
  })
  .meta({
    id: "ConfigComparison",
    description: "How variables differ, without values",
  }) satisfies z.ZodType<ConfigComparison>;

export const rotationSchema = z
  .object({
    keyId: z.string().describe("The key that values are sealed with"),
    before: z.array(z.string()).describe("Keys that some values still need until they are sealed anew"),
  })
  .meta({ id: "KeyRotation", description: "The keys of config values" }) satisfies z.ZodType<KeyRotation>;

export const exampleSetting: z.input<typeof settingSchema> = {
  key: "API_KEY",
  scope: "production",
  service: null,
  value: "vl_6f1c0e5ad2b94f0c8a7d3e21b4c5d6e7",
  setAt: 1_767_225_600_000,
  setBy: "ada",
  isGenerated: false,
};

export const exampleChanged: z.input<typeof configChangedSchema> = {
  environments: [
    {
      environment: "production",
      restarts: ["web"],
      takesEffect: true,
      lacksService: false,
      operation: { ...exampleOperation, kind: "config", state: "running", finishedAt: null, version: null, url: null },
    },
  ],
  later: [],
};
