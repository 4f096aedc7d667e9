import { z } from "zod";

/** What JSON Schema says of a value where zod has code for it: all there is to say, or what is said besides. */
export type Written = { instead: JsonSchema } | { besides: JsonSchema };

export type JsonSchema = Readonly<Record<string, unknown>>;

const registry = z.registry<{ written: Written }>();

/** A schema that editors know in these terms. What refines it later keeps them. */
export function written<T extends z.ZodType>(schema: T, as: Written): T {
  registry.add(schema, { written: as });
  return schema;
}

export function writtenOf(schema: z.core.$ZodType): Written | undefined {
  return registry.get(schema as z.ZodType)?.written;
}
