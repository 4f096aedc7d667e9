import { parseCpuMillis, parseMemoryBytes } from "@berth/core";
import type { EnvironmentQuota } from "@berth/runtimes";
import { z } from "zod";

/** What is written with commas between. */
export function listOf<T extends z.ZodType<string, string>>(item: T) {
  return z
    .string()
    .transform((text) => text.split(",").map((part) => part.trim()))
    .pipe(z.array(item))
    .optional();
}

export const defaultQuota: EnvironmentQuota = { pods: 50, cpuMillis: 16_000, memoryBytes: 32 * 2 ** 30 };

/** Memory is what builds may take at most: a build is given 5 GiB. */
export const defaultBuildsQuota: EnvironmentQuota = { pods: 10, cpuMillis: 8_000, memoryBytes: 64 * 2 ** 30 };

/** Reads `10Gi`, and `0`. */
export function parseSize(text: string, context: z.RefinementCtx): number {
  const bytes = text === "0" ? 0 : parseMemoryBytes(text);
  if (bytes !== null) return bytes;
  context.addIssue({ code: "custom", message: `${text} is no size` });
  return z.NEVER;
}

/** Reads `pods=50,cpu=16,memory=32Gi`; what is not named is as it is by default. */
export function parseQuota(text: string, context: z.RefinementCtx, defaults: EnvironmentQuota): EnvironmentQuota {
  const quota = { ...defaults };
  for (const part of text.split(",")) {
    const [name = "", value = ""] = part.trim().split("=");
    const known = forms[name];
    const amount = known?.parse(value) ?? null;
    if (known === undefined || amount === null || amount <= 0) {
      context.addIssue({ code: "custom", message: `${part} is no amount` });
      return z.NEVER;
    }
    quota[known.key] = amount;
  }
  return quota;
}

const forms: Readonly<Record<string, { key: keyof EnvironmentQuota; parse(text: string): number | null }>> = {
  pods: { key: "pods", parse: (text) => (/^\d+$/.test(text) ? Number(text) : null) },
  cpu: { key: "cpuMillis", parse: parseCpuMillis },
  memory: { key: "memoryBytes", parse: parseMemoryBytes },
};

/** Reads `name:password`; a password may have colons. */
export function parseLogin(text: string): { username: string; password: string } {
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
