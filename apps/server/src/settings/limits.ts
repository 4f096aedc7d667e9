import { parseDurationMs, parseMemoryBytes } from "@berth/core";
import type { Limits } from "@berth/router";
import { z } from "zod";

interface Form {
  key: Exclude<keyof Limits, "bodyBytes">;
  parse(text: string): number | null;
  /** The least that still serves anybody; 0: no limit. */
  least: number;
}

const count = (text: string) => (/^\d{1,9}$/.test(text) ? Number(text) : null);

/** What `BERTH_LIMITS` names, and where it goes. */
const forms: Readonly<Record<string, Form>> = {
  connections: { key: "connections", parse: count, least: 0 },
  "client-connections": { key: "connectionsPerClient", parse: count, least: 0 },
  "in-flight": { key: "inFlight", parse: count, least: 0 },
  url: { key: "urlBytes", parse: parseMemoryBytes, least: 1_024 },
  headers: { key: "headerBytes", parse: parseMemoryBytes, least: 4_096 },
  "header-count": { key: "headers", parse: count, least: 20 },
  "header-timeout": { key: "headersMs", parse: parseDurationMs, least: 1_000 },
  "body-timeout": { key: "bodyStallMs", parse: parseDurationMs, least: 1_000 },
  "answer-timeout": { key: "answerStallMs", parse: parseDurationMs, least: 1_000 },
  "idle-timeout": { key: "idleMs", parse: parseDurationMs, least: 1_000 },
  streams: { key: "streams", parse: count, least: 1 },
};

/** Reads `connections=20000,header-timeout=10s`; what is not named is as it is by default. */
export function parseLimits(text: string, context: z.RefinementCtx): Partial<Limits> {
  const limits: Partial<Limits> = {};
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [name = "", value = ""] = part.trim().split("=");
    const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
    const amount = form?.parse(value) ?? null;
    if (form === undefined || amount === null || amount < form.least) {
      context.addIssue({ code: "custom", message: `${part} is no limit` });
      return z.NEVER;
    }
    limits[form.key] = amount;
  }
  return limits;
}

/** Reads `shop=10Mi,*=1Gi`: how large a body apps take. */
export function parseBodyLimits(text: string, context: z.RefinementCtx): ReadonlyMap<string, number> {
  const limits = new Map<string, number>();
  for (const part of text.split(",").filter((one) => one.trim() !== "")) {
    const [app = "", value = ""] = part.trim().split("=");
    const bytes = parseMemoryBytes(value);
    if (bytes === null || !/^(?:\*|[a-z][a-z0-9-]*)$/.test(app)) {
      context.addIssue({ code: "custom", message: `${part} is no limit of an app` });
      return z.NEVER;
    }
    limits.set(app, bytes);
  }
  return limits;
}
