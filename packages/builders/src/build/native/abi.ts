import { newerVersion } from "./elf.ts";
import type { NativeFiles } from "./find-native.ts";

/** What the compiled parts of a layer are tied to: of the tools that made it, only what there is something of. */
export function makeAbi(native: NativeFiles, tools: Readonly<Record<string, string>>): Record<string, string> {
  const { node, ...others } = tools;
  return {
    ...others,
    ...(native.node && node !== undefined && { node }),
    ...(native.glibc !== null && { glibc: native.glibc }),
    ...(native.musl && { musl: "1" }),
  };
}

/** What an image is tied to: all that one of its layers is. */
export function mergeAbi(...parts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const merged: Record<string, string> = Object.assign({}, ...parts);
  const glibc = parts.reduce<string | null>((newest, part) => newerVersion(newest, part["glibc"] ?? null), null);
  return { ...merged, ...(glibc !== null && { glibc }) };
}
