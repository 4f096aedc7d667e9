import type { Verification, VerificationCheck } from "@berth/core";
import { columns, count, type Style } from "../framework/output.ts";

/** One line for each check, and how it came out as a whole. */
export function verificationText(verification: Verification, name: string, style: Style): string {
  const services = verification.services.map(({ service, checks }) => {
    const rows = checks.map(({ check, state, message }) => [`  ${stateText(state, style)}`, check, message]);
    return `${style.bold(service)}\n${columns(rows)}`;
  });
  const checks = verification.services.flatMap((service) => service.checks);
  const failed = checks.filter(({ state }) => state === "failed").length;
  const end = verification.verified
    ? `${style.green("✓")} ${name} is what its provenance says: ${count(checks.length, "check")}`
    : `${style.red("✗")} ${name} is not what its provenance says: ${failed} of ${count(checks.length, "check")} failed`;
  const unchecked = checks.filter(({ state }) => state === "unchecked").length;
  return [...services, `${end}${unchecked === 0 ? "" : `, ${unchecked} not made`}`].join("\n\n");
}

function stateText(state: VerificationCheck["state"], style: Style): string {
  if (state === "ok") return style.green("ok");
  return state === "failed" ? style.red("FAILED") : style.dim("-");
}
