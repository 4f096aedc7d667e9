import type { CheckName, VerificationCheck } from "@berth/core";

export const ok = (check: CheckName, message: string): VerificationCheck => ({ check, state: "ok", message });
export const failed = (check: CheckName, message: string): VerificationCheck => ({ check, state: "failed", message });
export const unchecked = (check: CheckName, message: string): VerificationCheck => ({
  check,
  state: "unchecked",
  message,
});

/** A digest as people compare it. */
export function short(digest: string): string {
  return digest.startsWith("sha256:") ? digest.slice(0, "sha256:".length + 12) : digest.slice(0, 12);
}
