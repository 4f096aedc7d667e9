import type { ManifestPlatform } from "./document.ts";

export interface WantedPlatform {
  os: string;
  architecture: string;
  /** Of the processor, such as `v7`; null for the usual one. */
  variant: string | null;
}

const architectures: Record<string, string> = {
  x86_64: "amd64",
  x64: "amd64",
  aarch64: "arm64",
  armhf: "arm",
  armel: "arm",
};

/**
 * The one that runs best on a platform: of its own variant of the processor, or of an older one that it can run as well; null where
 * none runs. Source: what the variants mean is from containerd's platforms package.
 */
export function selectPlatform<T extends { platform: ManifestPlatform | null }>(
  candidates: readonly T[],
  wanted: WantedPlatform,
): T | null {
  for (const variant of runnableVariants(wanted)) {
    const found = candidates.find(
      ({ platform }) =>
        platform !== null &&
        platform.os.toLowerCase() === wanted.os.toLowerCase() &&
        plainArchitecture(platform.architecture) === plainArchitecture(wanted.architecture) &&
        platform.variant === variant,
    );
    if (found !== undefined) return found;
  }
  return null;
}

/** Variants that run, the best first; null stands for an image that says none. */
export function runnableVariants({ architecture, variant }: WantedPlatform): (string | null)[] {
  const plain = plainArchitecture(architecture);
  const number = variant === null ? null : Number(/^v(\d+)$/.exec(variant)?.[1] ?? Number.NaN);
  const downTo = (from: number, least: number) =>
    Array.from({ length: Math.max(0, from - least + 1) }, (_, index) => `v${from - index}`);
  if (number !== null && Number.isNaN(number)) return [variant, null];
  // Images of amd64 for its first generation seldom say so.
  if (plain === "amd64") return [...downTo(number ?? 1, 2), null, "v1"];
  if (plain === "arm64") return [...downTo(number ?? 8, 8), null];
  if (plain === "arm") return [...downTo(number ?? 7, 5), null];
  return variant === null ? [null] : [variant, null];
}

export function platformText({ os, architecture, variant }: ManifestPlatform): string {
  return `${os}/${architecture}${variant === null ? "" : `/${variant}`}`;
}

function plainArchitecture(architecture: string): string {
  const lower = architecture.toLowerCase();
  return architectures[lower] ?? lower;
}
