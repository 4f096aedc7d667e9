import { expect, test } from "vitest";
import { platformText, selectPlatform } from "./select-platform.ts";

const read = (text: string) => {
  const [os = "", architecture = "", variant = null] = text.split("/");
  return { os, architecture, variant };
};

test.each([
  ["linux/amd64", "linux/arm64 linux/amd64", "linux/amd64"],
  ["linux/amd64", "windows/amd64 linux/386", null],
  ["linux/amd64", "linux/amd64/v3 linux/amd64/v2", null],
  ["linux/amd64", "linux/amd64/v3 linux/amd64", "linux/amd64"],
  ["linux/amd64/v3", "linux/amd64 linux/amd64/v2 linux/amd64/v4", "linux/amd64/v2"],
  ["linux/arm64", "linux/arm/v7 linux/arm64/v8", "linux/arm64/v8"],
  ["linux/arm64", "linux/arm64/v9 linux/arm64", "linux/arm64"],
  ["linux/arm64/v9", "linux/arm64/v8 linux/arm64/v9", "linux/arm64/v9"],
  ["linux/arm", "linux/arm/v5 linux/arm/v6 linux/arm64", "linux/arm/v6"],
  ["linux/arm/v6", "linux/arm/v7 linux/arm/v5", "linux/arm/v5"],
  ["linux/x64", "linux/x86_64", "linux/x86_64"],
  ["linux/aarch64", "linux/arm64", "linux/arm64"],
  ["linux/ppc64le", "linux/ppc64le", "linux/ppc64le"],
  ["linux/riscv64/rva23", "linux/riscv64", "linux/riscv64"],
  ["linux/amd64", "unknown/unknown", null],
])("%s runs of %s: %s", (wanted, candidates, expected) => {
  const found = selectPlatform(
    candidates.split(" ").map((text) => ({ platform: read(text) })),
    read(wanted),
  );
  expect(found === null ? null : platformText(found.platform)).toBe(expected);
});

test("an entry that does not say where it runs is not chosen", () => {
  expect(selectPlatform([{ platform: null }], read("linux/amd64"))).toBeNull();
});
