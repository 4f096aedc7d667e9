import type { Style } from "../framework/output.ts";
import { span } from "../framework/units.ts";

const soonMs = 86_400_000;
/** What has just begun has its whole time. */
const minuteMs = 60_000;

/** When an environment is removed unless it is used, as `in 6 days`. */
export function expiryText(expiresAt: number, now: number, style: Style): string {
  const leftMs = expiresAt - now;
  const text = leftMs <= 0 ? "soon" : `in ${span(leftMs + minuteMs)}`;
  return leftMs <= soonMs ? style.yellow(text) : text;
}
