import { z } from "zod";
import type { KeyPath } from "./problem.ts";

/** The keys that the schema knows at a path, for suggestions. */
export function knownKeys(schema: z.core.$ZodType, path: KeyPath): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable) return knownKeys(schema.def.innerType, path);
  if (schema instanceof z.ZodPipe) return knownKeys(schema.def.in, path);
  if (schema instanceof z.ZodUnion) return schema.def.options.flatMap((option) => knownKeys(option, path));
  const [key, ...rest] = path;
  if (schema instanceof z.ZodObject) {
    if (key === undefined) return Object.keys(schema.def.shape);
    const member = schema.def.shape[key];
    return member === undefined ? [] : knownKeys(member, rest);
  }
  if (schema instanceof z.ZodRecord && key !== undefined) return knownKeys(schema.def.valueType, rest);
  return [];
}
