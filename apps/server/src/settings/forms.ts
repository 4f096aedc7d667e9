import { parseCpuMillis, parseMemoryBytes } from "@berth/core";
import type { EnvironmentQuota, PodPlace } from "@berth/runtimes";
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

/** What the names of namespaces begin with. */
export const namespacePrefixForm = z.string().regex(/^[a-z][a-z0-9-]{0,18}-$/);
export const addressForm = z.union([z.ipv4(), z.ipv6()]);
export const rangeForm = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]);
export const loginForm = z.string().regex(/^[^:]+:./);

/** Reads `pods=50,cpu=16,memory=32Gi`; what is not named is as it is by default. */
function parseQuota(text: string, context: z.RefinementCtx, defaults: EnvironmentQuota): EnvironmentQuota {
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

/** A quota as text, over these defaults. */
export const quotaForm = (defaults: EnvironmentQuota) =>
  z.string().transform((text, context) => parseQuota(text, context, defaults));

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

const podsPattern = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)\/(.+)$/;
const labelPattern = /^([A-Za-z0-9][A-Za-z0-9./_-]*)=([A-Za-z0-9][A-Za-z0-9._-]*)$/;

/** Reads `berth-system/app.kubernetes.io/component=router`; further labels after commas. Each has to be equal: a NetworkPolicy and a list are to mean the same pods. */
export function parsePods(text: string, context: z.RefinementCtx): PodPlace {
  const [, namespace, , selector = ""] = podsPattern.exec(text) ?? [];
  const labels = selector.split(",").map((part) => labelPattern.exec(part.trim()));
  if (namespace === undefined || labels.some((label) => label === null)) {
    context.addIssue({ code: "custom", message: "it is no namespace with labels" });
    return z.NEVER;
  }
  return { namespace, labels: Object.fromEntries(labels.map((label) => [label![1], label![2]])) };
}
