import type { ErrorCode, Role } from "@berth/core";
import type { z } from "zod";

/** What the document says about a route; the same object guards it (`endpoint`). */
export interface Endpoint {
  /** Unique; names the operation in generated clients. */
  id: string;
  tag: string;
  /** In the imperative, such as `Create an app`. */
  summary: string;
  description?: string;
  /** The least role that may. */
  role: Role;
  answers: Partial<Record<101 | 200 | 201 | 202 | 204, Answer>>;
  /** Error codes beyond those that every route may answer with. */
  errors?: readonly ErrorCode[];
}

export interface Answer {
  description: string;
  /** By media type. */
  content: Record<string, { schema: z.ZodType; example: unknown }>;
}

/** The parts of a request that schemas read. */
export type InputTarget = "json" | "query" | "param" | "header";

export interface InputMark {
  target: InputTarget;
  schema: z.ZodType;
}

const endpoints = new WeakMap<object, Endpoint>();
const inputs = new WeakMap<object, InputMark>();

export function markEndpoint<Handler extends object>(handler: Handler, endpoint: Endpoint): Handler {
  endpoints.set(handler, endpoint);
  return handler;
}

export function markInput<Handler extends object>(handler: Handler, input: InputMark): Handler {
  inputs.set(handler, input);
  return handler;
}

export const endpointOf = (handler: object): Endpoint | undefined => endpoints.get(handler);
export const inputOf = (handler: object): InputMark | undefined => inputs.get(handler);
