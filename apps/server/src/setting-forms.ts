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

/** What the names of namespaces begin with. */
export const namespacePrefixForm = z.string().regex(/^[a-z][a-z0-9-]{0,18}-$/);
export const addressForm = z.union([z.ipv4(), z.ipv6()]);
export const rangeForm = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
export const loginForm = z.string().regex(/^[^:]+:./);

/** Reads `pods=50,cpu=16,memory=32Gi`; what is not named is as it is by default. */
function parseQuota(text: string, context: z.RefinementCtx): EnvironmentQuota {
  const quota = { ...defaultQuota };
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

export const quotaForm = z.string().transform(parseQuota);

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
