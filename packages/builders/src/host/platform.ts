import type { Platform } from "@berth/core";

const architectures: Record<string, string> = { x64: "amd64", arm64: "arm64", ia32: "386", arm: "arm" };

/** The platform of this machine in OCI's terms (Go's GOOS and GOARCH), and its C library, which native modules are tied to. */
export function readPlatform(): Platform {
  const libc = process.platform !== "linux" ? null : readGlibc() === null ? "musl" : "glibc";
  return { os: process.platform, architecture: architectures[process.arch] ?? process.arch, libc };
}

/** The version of this machine's glibc, such as `2.36`; null where its C library is another. */
export function readGlibc(): string | null {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? null;
}
