import { z } from "zod";

export type JsonSchema = { [key: string]: unknown };

/** Turns zod schemas into JSON Schema as OpenAPI 3.1 takes it; those with an id are collected under `components`. */
export function makeSchemaWriter() {
  const components: Record<string, JsonSchema> = {};

  /** `io`: what a client sends (defaults may be left out) or receives. */
  function write(schema: z.ZodType, io: "input" | "output"): JsonSchema {
    // Inside an object, so that a schema with an id becomes a reference also where it is the outermost.
    const wrapped: JsonSchema = z.toJSONSchema(z.object({ it: schema }), { io, override: tidy });
    const definitions = isObject(wrapped["$defs"]) ? wrapped["$defs"] : {};
    for (const [id, definition] of Object.entries(definitions)) components[id] = object(pointToComponents(definition));
    return object(pointToComponents(object(wrapped["properties"])["it"]));
  }

  return { components, write };
}

/** zod notes that an integer is safe; nobody needs to read that. Readers must take what a newer server adds. */
function tidy({
  jsonSchema,
  zodSchema,
}: {
  jsonSchema: z.core.JSONSchema.BaseSchema;
  zodSchema: z.core.$ZodTypes;
}): void {
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  const { def } = zodSchema._zod;
  if (def.type === "object" && def.catchall === undefined) delete jsonSchema.additionalProperties;
}

function pointToComponents(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pointToComponents);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      key === "$ref" && typeof member === "string"
        ? member.replace("#/$defs/", "#/components/schemas/")
        : pointToComponents(member),
    ]),
  );
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function object(value: unknown): JsonSchema {
  return isObject(value) ? value : {};
}
